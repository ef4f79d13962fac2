"""Who uses the service: members, who registered, and guests, who are only an address and a day."""

import math
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from augury.domain.errors import DomainError
from augury.domain.identifiers import UserId
from augury.domain.text import is_storable

LEAST_PASSWORD_CHARACTERS = 8
MOST_PASSWORD_CHARACTERS = 256
MOST_EMAIL_CHARACTERS = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets

# One "@", a domain with a dot, no blanks or control characters: only a letter can tell the rest.
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@.\x00-\x1f\x7f]+(\.[^\s@.\x00-\x1f\x7f]+)+")


@dataclass(eq=False)
class InvalidEmail(DomainError):
    """This is not an e-mail address."""


@dataclass(eq=False)
class InvalidPassword(DomainError):
    """A password has a least and a most length, in characters."""

    least: int = LEAST_PASSWORD_CHARACTERS
    most: int = MOST_PASSWORD_CHARACTERS


@dataclass(eq=False)
class EmailTaken(DomainError):
    """There is an account with this e-mail address."""


@dataclass(eq=False)
class WrongCredentials(DomainError):
    """The e-mail address or the password is wrong."""


@dataclass(eq=False)
class InvalidToken(DomainError):
    """The token is not valid, or not any more."""


@dataclass(eq=False)
class UserNotFound(DomainError):
    """There is no such user."""


@dataclass(eq=False)
class PredictionsUnderWay(DomainError):
    """The account still has predictions under way: finish or cancel them first."""

    pending: int


@dataclass(eq=False)
class CreditsLeft(DomainError):
    """The account still has credits, which would be lost with it."""

    available: int


@dataclass(eq=False)
class TooManyTries(DomainError):
    """Too many tries: wait before the next."""

    retry_after: int
    """Seconds."""

    @classmethod
    def after(cls, wait: timedelta) -> Self:
        return cls(retry_after=math.ceil(wait.total_seconds()))


@dataclass(eq=False)
class GuestsNotServed(DomainError):
    """Guests are not served here: sign in."""


@dataclass(eq=False)
class TooManyGuests(DomainError):
    """No more guests are served today: sign in."""


@dataclass(eq=False)
class InvalidApiKeyName(DomainError):
    """An API key needs a name of at most so many characters."""

    most: int


@dataclass(eq=False)
class TooManyApiKeys(DomainError):
    """The user has as many API keys as allowed: delete one first."""

    most: int


@dataclass(eq=False)
class ApiKeyNotFound(DomainError):
    """There is no such API key."""


@dataclass(eq=False)
class NotAllowed(DomainError):
    """This takes an administrator."""


@dataclass(eq=False)
class OwnRole(DomainError):
    """Nobody changes a role of their own: another administrator does."""


@dataclass(eq=False)
class AccountBlocked(DomainError):
    """This account is blocked. Ask whoever runs this service."""


@dataclass(eq=False)
class OwnAccount(DomainError):
    """Nobody blocks an account of their own: another administrator does."""


class Role(StrEnum):
    GUEST = "guest"
    MEMBER = "member"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person or program that holds a balance. A guest has neither e-mail address nor password."""

    id: UserId
    role: Role
    email: str | None
    created_at: datetime
    closed_at: datetime | None = None
    blocked_at: datetime | None = None

    def with_role(self, role: Role, *, by: UserId | None) -> Self:
        """As member or administrator, as somebody else decides; `by` is None only for an operator.

        A guest has no account to promote.
        """
        if self.role is Role.GUEST or role is Role.GUEST:
            raise UserNotFound
        if self.id == by:
            raise OwnRole
        return replace(self, role=role)

    def block(self, *, by: UserId | None, at: datetime) -> Self:
        """Without access from now on; `by` is None only for an operator. What is accepted still runs.

        A guest has no account to block.
        """
        if self.role is Role.GUEST:
            raise UserNotFound
        if self.id == by:
            raise OwnAccount
        return self if self.blocked_at else replace(self, blocked_at=at)

    def unblock(self) -> Self:
        return replace(self, blocked_at=None)

    def require_access(self) -> None:
        if self.blocked_at is not None:
            raise AccountBlocked

    def require_admin(self) -> None:
        self.require_access()
        if self.role is not Role.ADMIN or self.closed_at is not None:
            raise NotAllowed

    def close(self, *, at: datetime) -> Self:
        """The person is gone, the books stay: nothing personal is left on the account."""
        return replace(self, email=None, closed_at=at)


def normalized_email(text: str) -> str:
    """The address as it is stored and compared: trimmed, in lower case."""
    email = text.strip().lower()
    if len(email) > MOST_EMAIL_CHARACTERS or not _EMAIL.fullmatch(email) or not is_storable(email):
        raise InvalidEmail
    return email


def checked_password(text: str) -> str:
    """The password as it is kept: in composed form (NFC). Raises `InvalidPassword`."""
    text = unicodedata.normalize("NFC", text)
    if not LEAST_PASSWORD_CHARACTERS <= len(text) <= MOST_PASSWORD_CHARACTERS or not is_storable(text):
        raise InvalidPassword
    return text


def spellings(password: str) -> tuple[str, ...]:
    """What may have been kept of this password, likeliest first; nearly always one.

    A letter such as "й" is one character or two, by keyboard and system, and looks the same. Passwords were
    kept as they were typed before they were composed.
    """
    composed = unicodedata.normalize("NFC", password)
    decomposed = unicodedata.normalize("NFD", password)
    return tuple(dict.fromkeys((composed, password, decomposed)))
