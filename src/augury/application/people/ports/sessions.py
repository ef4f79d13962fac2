"""Ports: sessions, which refresh tokens continue."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from augury.application.people.ports.credentials import Access
from augury.domain.identifiers import UserId
from augury.domain.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """One refresh token of a family: the chain of tokens that began with one sign-in."""

    digest: bytes
    family: UUID
    user_id: UserId
    lifetime: timedelta
    client: str | None = None
    """Its name in the user's list of sessions, such as `Firefox, Linux`. None for a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session of a user that has not ended."""

    family: UUID
    client: str | None
    begun_at: datetime | None
    """None if an older release started it."""
    expires_at: datetime


class Rotation(StrEnum):
    ROTATED = "rotated"
    REUSED = "reused"
    UNKNOWN = "unknown"


class Sessions(Protocol):
    """Refresh tokens, of which only the SHA-256 is stored."""

    @abstractmethod
    async def begin(self, token: RefreshToken, *, password_hash: str) -> bool:
        """Begin a session. Returns False, and begins none, if this is no longer the user's password hash or
        the user is blocked."""

    @abstractmethod
    async def rotate(
        self, digest: bytes, *, successor: bytes, lifetime: timedelta, grace: timedelta
    ) -> tuple[Rotation, Access | None]:
        """Replace a live token by its successor in the same family.

        A token that was replaced less than `grace` ago may be used again (a lost response, two tabs). After
        that it counts as stolen: the whole family ends, and the result is `REUSED`.
        """

    @abstractmethod
    async def end(self, digest: bytes) -> None:
        """End the token's whole family. An unknown token is ignored."""

    @abstractmethod
    async def owner(self, digest: bytes) -> User | None:
        """The user of this live token, unless it was replaced. None if there is no such token, or if the user
        is blocked."""

    @abstractmethod
    async def of(self, user_id: UserId, *, limit: int) -> Sequence[Session]:
        """The user's sessions, newest first."""

    @abstractmethod
    async def end_of(self, user_id: UserId, family: UUID) -> bool:
        """End one session of the user. Returns False if there is no such session."""

    @abstractmethod
    async def end_all(self, user_id: UserId) -> None:
        """End every session of the user, and the access tokens."""
