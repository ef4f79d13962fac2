"""Users: registered members, and guests, who are identified by their address and the day."""

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

# One "@", a domain with a dot, no spaces or control characters. Only sending an e-mail could check more.
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@.\x00-\x1f\x7f]+(\.[^\s@.\x00-\x1f\x7f]+)+")


@dataclass(eq=False)
class InvalidEmail(DomainError):
    """This is not an e-mail address."""


@dataclass(eq=False)
class InvalidPassword(DomainError):
    """The password is too short, too long, or not valid text."""

    least: int = LEAST_PASSWORD_CHARACTERS
    """Characters, like `most`."""
    most: int = MOST_PASSWORD_CHARACTERS


@dataclass(eq=False)
class EmailTaken(DomainError):
    """Another account has this e-mail address."""


@dataclass(eq=False)
class WrongCredentials(DomainError):
    """The e-mail address or the password is wrong."""


@dataclass(eq=False)
class InvalidToken(DomainError):
    """The token is invalid or has expired."""


@dataclass(eq=False)
class UserNotFound(DomainError):
    """There is no such user."""


@dataclass(eq=False)
class PredictionsUnderWay(DomainError):
    """The account has unfinished predictions: wait for them or cancel them first."""

    pending: int


@dataclass(eq=False)
class CreditsLeft(DomainError):
    """The account still has credits, which would be lost."""

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
    """This installation does not serve guests: sign in."""


@dataclass(eq=False)
class TooManyGuests(DomainError):
    """Today's limit of guests is reached: sign in."""


@dataclass(eq=False)
class InvalidApiKeyName(DomainError):
    """The name of an API key is empty or too long."""

    most: int
    """Characters."""


@dataclass(eq=False)
class TooManyApiKeys(DomainError):
    """The user has reached the limit of API keys: delete one first."""

    most: int


@dataclass(eq=False)
class ApiKeyNotFound(DomainError):
    """There is no such API key."""


@dataclass(eq=False)
class NotByApiKey(DomainError):
    """An API key cannot do this. Sign in with the password."""


@dataclass(eq=False)
class NotAllowed(DomainError):
    """Only administrators may do this."""


@dataclass(eq=False)
class OwnRole(DomainError):
    """You cannot change your own role: ask another administrator."""


@dataclass(eq=False)
class AccountBlocked(DomainError):
    """This account is blocked. Ask the operator of this service."""


@dataclass(eq=False)
class OwnAccount(DomainError):
    """You cannot block your own account: ask another administrator."""


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
    access_version: int = 0
    """Access tokens of another version are not valid. The version changes when the password changes, and when
    the user signs out everywhere."""

    def with_role(self, role: Role, *, by: UserId | None) -> Self:
        """Make the user a member or an administrator. `by` is None only for an operator.

        Raises `UserNotFound` for a guest, and `OwnRole` if users change their own role.
        """
        if self.role is Role.GUEST or role is Role.GUEST:
            raise UserNotFound
        if self.id == by:
            raise OwnRole
        return replace(self, role=role)

    def block(self, *, by: UserId | None, at: datetime) -> Self:
        """Take away access. `by` is None only for an operator. Accepted predictions still run.

        Raises `UserNotFound` for a guest, and `OwnAccount` if users block themselves.
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
        """Remove the personal data from the account. Its transfers stay in the books."""
        return replace(self, email=None, closed_at=at)


def masked_email(email: str) -> str:
    """The address, shortened so that only its owner recognizes it: `a•••@example.org`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def normalized_email(text: str) -> str:
    """The address as it is stored and compared: trimmed, in lower case, composed (NFC).

    Raises `InvalidEmail`.
    """
    email = unicodedata.normalize("NFC", text.strip().lower())
    if len(email) > MOST_EMAIL_CHARACTERS or not _EMAIL.fullmatch(email) or not is_storable(email):
        raise InvalidEmail
    return email


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
