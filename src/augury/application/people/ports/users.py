"""Ports: accounts."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from augury.domain.audit import Act
from augury.domain.identifiers import UserId
from augury.domain.transfer import Transfer
from augury.domain.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    user: User
    password_hash: str | None = None
    guest_key: bytes | None = None
    grant: Transfer | None = None
    """The credits that the user starts with."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A user and the hash of the password."""

    user: User
    password_hash: str


class Users(Protocol):
    """Accounts. An `act` is recorded in the audit log, in the same transaction."""

    @abstractmethod
    async def add(self, new: NewUser, *, act: Act | None = None) -> None:
        """Add a user, with the credits of `grant` or an empty balance. Raises `EmailTaken`."""

    @abstractmethod
    async def add_guest(self, new: NewUser, *, most_per_day: int) -> User | None:
        """Add the guest, or return the one who already has this `guest_key`.

        Returns None if `most_per_day` guests were added this UTC day.
        """

    @abstractmethod
    async def guest(self, guest_key: bytes) -> User | None:
        """The guest who has this key, or None. Does not add one."""

    @abstractmethod
    async def get(self, user_id: UserId) -> User:
        """Raises `UserNotFound`, also for a closed account."""

    @abstractmethod
    async def by_email(self, email: str) -> Secret | None: ...

    @abstractmethod
    async def secret(self, user_id: UserId) -> Secret:
        """Raises `UserNotFound`, also for a closed account or a guest."""

    @abstractmethod
    async def page(self, *, limit: int, before: UserId | None = None) -> Sequence[User]:
        """Members and administrators whose account is open, newest first."""

    @abstractmethod
    async def with_email(self, prefix: str, *, limit: int, after: str | None = None) -> Sequence[User]:
        """Users whose account is open and whose address begins with `prefix` and comes after `after`, ordered
        by address (by code point)."""

    @abstractmethod
    async def change_password(
        self, user_id: UserId, password_hash: str, *, end_api_keys: bool = False, act: Act | None = None
    ) -> None:
        """Also ends the user's sessions, access tokens and unused chat links, and the API keys if
        `end_api_keys` is set.

        Raises `UserNotFound`, also for a closed account.
        """

    @abstractmethod
    async def change_role(self, user: User, *, act: Act | None = None) -> None: ...

    @abstractmethod
    async def change_access(self, user: User, *, act: Act | None = None) -> None:
        """Store the time since which the user is blocked. Also ends every session of a blocked user.

        Raises `UserNotFound`, also for a closed account.
        """
