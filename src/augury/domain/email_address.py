"""E-mail addresses: the form in which they are stored and compared."""

import re
import unicodedata
from dataclasses import dataclass

from augury.domain.errors import DomainError
from augury.domain.text import is_storable

MOST_EMAIL_CHARACTERS = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets

# One "@", a domain with a dot, no spaces or control characters. Only sending an e-mail could check more.
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@.\x00-\x1f\x7f]+(\.[^\s@.\x00-\x1f\x7f]+)+")


@dataclass(eq=False)
class InvalidEmail(DomainError):
    """This is not an e-mail address."""


@dataclass(eq=False)
class EmailTaken(DomainError):
    """Another account has this e-mail address."""


def normalized_email(text: str) -> str:
    """The address as it is stored and compared: trimmed, in lower case, composed (NFC).

    Raises `InvalidEmail`.
    """
    email = unicodedata.normalize("NFC", text.strip().lower())
    if len(email) > MOST_EMAIL_CHARACTERS or not _EMAIL.fullmatch(email) or not is_storable(email):
        raise InvalidEmail
    return email


def masked_email(email: str) -> str:
    """The address, shortened so that only its owner recognizes it: `a•••@example.org`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"
