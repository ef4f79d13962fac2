import unicodedata
from typing import Literal

import pytest

from augury.domain.password import InvalidPassword, checked_password, spellings


@pytest.mark.parametrize("password", ["x" * 8, "x" * 256, "пароль-пароль", "with a blank"])
def test_a_password_of_a_fit_length_is_taken_as_it_is(password: str) -> None:
    assert checked_password(password) == password


@pytest.mark.parametrize("password", ["", "x" * 7, "x" * 257, "\x00" * 10, "\udfff" * 10])
def test_a_password_too_short_too_long_or_not_storable_is_refused(password: str) -> None:
    with pytest.raises(InvalidPassword):
        checked_password(password)


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
