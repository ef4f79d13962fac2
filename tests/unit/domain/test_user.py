import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.domain.email_address import MOST_EMAIL_CHARACTERS, InvalidEmail, normalized_email
from augury.domain.identifiers import UserId, uuid7
from augury.domain.password import InvalidPassword, checked_password, spellings
from augury.domain.request_rate import TooManyTries
from augury.domain.text import is_storable
from augury.domain.user import NotAllowed, OwnRole, Role, User, UserNotFound

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("ann@example.org", "ann@example.org"),
        ("  Ann.Lee+tag@Mail.Example.ORG\n", "ann.lee+tag@mail.example.org"),
        ("анна@пример.рф", "анна@пример.рф"),
        (unicodedata.normalize("NFD", "Андрей@Ёж.рф"), unicodedata.normalize("NFC", "андрей@ёж.рф")),
        ("o'brien@example.co.uk", "o'brien@example.co.uk"),
    ],
)
def test_an_email_address_is_stored_trimmed_in_lower_case_and_composed(text: str, stored: str) -> None:
    assert normalized_email(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann@localhost",
        "ann@example.",
        "ann@.org",
        "ann@example..org",
        "ann@exam ple.org",
        "a nn@example.org",
        "ann@bob@example.org",
        "ann@example.org\nbcc: all@example.org",
        "ann\x00@example.org",
        "ann@exam\x7fple.org",
        "ann\ud800@example.org",
        f"{'a' * 65}@example.org",
        f"ann@{'e' * MOST_EMAIL_CHARACTERS}.org",
    ],
)
def test_what_is_no_email_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidEmail):
        normalized_email(text)


@given(st.text(max_size=300))
def test_any_text_is_either_refused_or_stays_the_same_when_normalized_again(text: str) -> None:
    try:
        email = normalized_email(text)
    except InvalidEmail:
        return
    assert normalized_email(email) == email
    assert is_storable(email)


@pytest.mark.parametrize("password", ["x" * 8, "x" * 256, "пароль-пароль", "with a blank"])
def test_a_password_of_a_fit_length_is_taken_as_it_is(password: str) -> None:
    assert checked_password(password) == password


@pytest.mark.parametrize("password", ["", "x" * 7, "x" * 257, "\x00" * 10, "\udfff" * 10])
def test_a_password_too_short_too_long_or_not_storable_is_refused(password: str) -> None:
    with pytest.raises(InvalidPassword):
        checked_password(password)


def a_user(role: Role = Role.MEMBER) -> User:
    return User(id=UserId(uuid7()), role=role, email="ann@example.org", created_at=NOW)


def test_only_an_administrator_is_let_through_where_one_is_needed() -> None:
    a_user(Role.ADMIN).require_admin()

    for user in (a_user(), a_user(Role.GUEST), a_user(Role.ADMIN).close(at=NOW)):
        with pytest.raises(NotAllowed):
            user.require_admin()


def test_a_role_is_changed_by_somebody_else_or_by_the_operator_and_never_a_guest_s() -> None:
    user, guest = a_user(), a_user(Role.GUEST)

    assert user.with_role(Role.ADMIN, by=UserId(uuid7())).role is Role.ADMIN
    assert user.with_role(Role.ADMIN, by=None).role is Role.ADMIN
    with pytest.raises(OwnRole):
        user.with_role(Role.ADMIN, by=user.id)
    with pytest.raises(UserNotFound):
        guest.with_role(Role.ADMIN, by=None)


def test_a_closed_account_has_nothing_personal_left() -> None:
    closed = a_user().close(at=NOW)

    assert closed.email is None
    assert closed.closed_at == NOW


def test_who_must_wait_is_told_whole_seconds_and_never_too_few() -> None:
    assert TooManyTries.after(timedelta(milliseconds=1)).retry_after == 1
    assert TooManyTries.after(timedelta(seconds=59, microseconds=1)).retry_after == 60


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_password_is_kept_composed_however_it_was_typed(form: Literal["NFC", "NFD"]) -> None:
    assert checked_password(unicodedata.normalize(form, "ёжик-éclair")) == "ёжик-éclair"


def test_the_limits_of_a_password_are_those_of_its_composed_form() -> None:
    assert checked_password(unicodedata.normalize("NFD", "é" * 256)) == "é" * 256
    with pytest.raises(InvalidPassword):
        checked_password(unicodedata.normalize("NFD", "é" * 7))


def test_what_was_kept_before_passwords_were_composed_is_looked_for_as_well() -> None:
    composed, decomposed = "ёжик", unicodedata.normalize("NFD", "ёжик")
    assert spellings("correct horse") == ("correct horse",)
    assert spellings(composed) == spellings(decomposed) == (composed, decomposed)
