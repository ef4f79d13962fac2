"""Ports: accounts, and credentials."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from augury.application.ports import Books
from augury.domain.api_key import NO_LIMITS, NOTHING_SPENT, KeyScope, KeyTerms, Spending, SpendingLimits
from augury.domain.audit import Act
from augury.domain.balance import Transfer
from augury.domain.identifiers import UserId
from augury.domain.user import TooManyTries, User


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


class Access(NamedTuple):
    """The caller, and what the credential says about the caller's account."""

    user_id: UserId
    version: int | None = None
    """The account's `access_version` when the access token was issued. None for an API key."""
    key: KeyTerms | None = None
    """The rights of the API key. None for an access token, which has all rights."""

    def require(self, scope: KeyScope) -> None:
        """Raises `ScopeMissing` if the credential is an API key without this scope."""
        if self.key is not None:
            self.key.require(scope)


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
        """The owner of this valid key, if there is one. Stores the time of use, at most once a minute."""

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


class Taken(NamedTuple):
    """Attempts that were counted in advance."""

    granted: int
    """The number of attempts. It is smaller than the request if the limit is near."""
    left: int
    """The attempts that are left for other processes in this window."""
    ends_in: timedelta
    """The rest of the window."""


class Throttle(Protocol):
    """Counts attempts in fixed windows of time, across processes."""

    async def admit(self, keys: Collection[str], *, most: int, window: timedelta) -> None:
        """Count one attempt under each key. Raises `TooManyTries` if one of them has more than `most`."""
        wait = await self.hit(keys, most=most, window=window)
        if wait:
            raise TooManyTries.after(wait)

    @abstractmethod
    async def hit(self, keys: Collection[str], *, most: int, window: timedelta) -> timedelta | None:
        """Count one attempt under each key. Returns None if all are within `most`, else how long to wait."""

    @abstractmethod
    async def take(self, key: str, *, share: int, most: int, window: timedelta) -> Taken:
        """Count up to `share` attempts in advance, so that a process can admit them without asking again."""


class PasswordHasher(Protocol):
    @abstractmethod
    async def hash(self, password: str) -> str: ...

    @abstractmethod
    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is right. Without a hash (no such user), returns False after the same time."""


class AccessTokens(Protocol):
    """Short-lived tokens that a server can verify without a query."""

    @property
    @abstractmethod
    def lifetime(self) -> timedelta:
        """How long a token is valid."""

    @abstractmethod
    def issue(self, user_id: UserId, version: int = 0) -> str:
        """A token that carries the account's `access_version`."""

    @abstractmethod
    def read(self, token: str) -> Access:
        """Raises `InvalidToken`."""


class ClosingBooks(Books, Protocol):
    """The books, and the account that is closed in the same transaction."""

    @abstractmethod
    async def has_open_batch(self, user_id: UserId) -> bool:
        """Whether the user has a batch with a slice that has not ended."""

    @abstractmethod
    async def close(self, user: User) -> None:
        """Store a closed account. Delete its personal data, sessions, API keys and idempotency keys, the
        inputs and outputs of its predictions, and undelivered notices to its chats.

        Delete the balance, too, which must be empty: a transaction that waits for its lock finds none."""


class OpenClosingBooks(Protocol):
    @abstractmethod
    def __call__(self) -> ClosingBooks: ...
