import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.domain.email_address import MOST_EMAIL_CHARACTERS, InvalidEmail, normalized_email
from augury.domain.text import is_storable


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
