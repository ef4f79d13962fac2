"""Ports: API keys."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from augury.domain.api_key import NO_LIMITS, NOTHING_SPENT, KeyScope, KeyTerms, Spending, SpendingLimits
from augury.domain.audit import Act
from augury.domain.identifiers import UserId
from augury.domain.user import User

NOTE_USE_EVERY = timedelta(minutes=1)
"""How precise `ApiKey.last_used_at` is: not every use is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key for programs. The key itself is shown once and not stored."""

    id: UUID
    user_id: UserId
    name: str
    hint: str
    """Its first characters, so that its owner can tell it from the others."""
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = None
    scopes: frozenset[KeyScope] = frozenset(KeyScope)
    models: frozenset[str] | None = None
    """See `KeyTerms.models`."""
    limits: SpendingLimits = NO_LIMITS
    spending: Spending = NOTHING_SPENT
    """Counted only while the key has limits."""

    @property
    def terms(self) -> KeyTerms:
        return KeyTerms(id=self.id, scopes=self.scopes, models=self.models, limits=self.limits)


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The owner of an API key, and the rights of the key."""

    user: User
    terms: KeyTerms


class ApiKeys(Protocol):
    @abstractmethod
    async def add(self, key: ApiKey, digest: bytes, *, most: int, version: int | None = None) -> bool:
        """Store the key. Returns False if the user already has `most`.

        Raises `UserNotFound`, also for a closed account; `InvalidToken` if `version` is not the account's
        `access_version` any more: the password was changed meanwhile. None skips that check.
        """

    @abstractmethod
    async def owner(self, digest: bytes) -> KeyHolder | None:
        """The owner of this valid key, if there is one. Stores the time of use, at most once in
        `NOTE_USE_EVERY`."""

    @abstractmethod
    async def of(self, user_id: UserId) -> Sequence[ApiKey]:
        """The user's keys, newest first."""

    @abstractmethod
    async def remove(self, user_id: UserId, key_id: UUID, *, act: Act | None = None) -> bool:
        """Returns False, and records nothing, if the user has no such key."""

    @abstractmethod
    async def change(
        self, user_id: UserId, key_id: UUID, changed: Callable[[ApiKey], ApiKey]
    ) -> ApiKey | None:
        """Replace the key's name, models, limits and expiry with those of `changed(key)`, which is called
        while the key is locked. Returns the changed key, or None if the user has no such key."""
