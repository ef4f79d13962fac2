"""Passwords: the form in which they are hashed."""

import unicodedata
from dataclasses import dataclass

from augury.domain.errors import DomainError
from augury.domain.text import is_storable

LEAST_PASSWORD_CHARACTERS = 8
MOST_PASSWORD_CHARACTERS = 256


@dataclass(eq=False)
class InvalidPassword(DomainError):
    """The password is too short, too long, or not valid text."""

    least: int = LEAST_PASSWORD_CHARACTERS
    """Characters, like `most`."""
    most: int = MOST_PASSWORD_CHARACTERS


def checked_password(text: str) -> str:
    """The password in the form that is hashed: composed (NFC). Raises `InvalidPassword`."""
    text = unicodedata.normalize("NFC", text)
    if not LEAST_PASSWORD_CHARACTERS <= len(text) <= MOST_PASSWORD_CHARACTERS or not is_storable(text):
        raise InvalidPassword
    return text


def spellings(password: str) -> tuple[str, ...]:
    """The forms of this password that may have been hashed, likeliest first. Usually there is only one.

    A letter such as "й" is one character or two, depending on keyboard and system, and looks the same.
    Earlier releases hashed passwords as they were typed, not composed.
    """
    composed = unicodedata.normalize("NFC", password)
    decomposed = unicodedata.normalize("NFD", password)
    return tuple(dict.fromkeys((composed, password, decomposed)))
