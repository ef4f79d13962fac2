"""Ports that all subjects share: the books, the clock, and what every port may raise.

Every port raises `Unavailable` when what stands behind it cannot be reached; nothing else of its
technology shows. A port that is called once for many takes them in any order.
"""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import NewType, Protocol, Self
from uuid import UUID

from augury.domain.balance import Balance, Transfer, TransferKind
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import IdempotencyConflict, Prediction
from augury.domain.promo_code import PromoCode
from augury.domain.user import User, UserNotFound

Json = NewType("Json", bytes)
"""A JSON text in UTF-8. Rows and answers are large and opaque here: they pass through as they are."""


class Unavailable(Exception):
    """What stands behind a port cannot be reached, or does not answer in time. `str()` names it."""


class Conflict(Unavailable):
    """The transaction lost against another one that ran at the same time: run it again from its start."""


class AlreadyRecorded(Exception):
    """A transfer of this kind and reference is in the books already; nothing was changed."""


class Clock(Protocol):
    """For display and for new records. What must be compared with other processes is compared in SQL."""

    @abstractmethod
    def now(self) -> datetime:
        """The time, in UTC."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The caller's own name for a request that moves money, and a digest of what it asked for."""

    key: str
    fingerprint: bytes
    fingerprint_of_bytes: bytes | None = None
    """The digest of the request as it was sent, blanks and all, which is what was remembered until digests
    were made of values. A key is remembered for a day: this may go a release later."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an idempotency key was first used for."""

    fingerprint: bytes
    reference: UUID
    """The prediction, or the transfer's reference."""

    def require(self, key: IdempotencyKey) -> None:
        """Raises `IdempotencyConflict` where the same name now asks for something else."""
        if self.fingerprint not in (key.fingerprint, key.fingerprint_of_bytes):
            raise IdempotencyConflict


@dataclass(frozen=True, slots=True)
class Accepted:
    """A new prediction with the rows it is about and the key that must find it again."""

    prediction: Prediction
    input: Json
    key: IdempotencyKey | None = None
    notify: bool = False
    """Whether somebody must hear of its end: then a notice is written with it, kept until it is delivered."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Balances, now locked, and what was remembered under the keys asked for."""

    balances: Mapping[UserId, Balance]
    remembered: Mapping[tuple[UserId, str], Remembered]

    def balance(self, user_id: UserId) -> Balance:
        """Raises `UserNotFound`: the account was closed a moment ago, and its balance with it."""
        try:
            return self.balances[user_id]
        except KeyError:
            raise UserNotFound from None

    def repeats(self, user_id: UserId, key: IdempotencyKey) -> bool:
        """Whether this very request was made before; raises `IdempotencyConflict` for another one."""
        known = self.remembered.get((user_id, key.key))
        if known:
            known.require(key)
        return known is not None


@dataclass(frozen=True, slots=True)
class Moved:
    """A balance as it stands after credits were moved; `replayed` where they had been moved before."""

    balance: Balance
    replayed: bool = False


class Books(Protocol):
    """One transaction over balances, transfers and predictions: lock, decide, record.

    Entering begins it, leaving commits, an exception rolls it back. Locks are taken on predictions
    by id first, then on balances by user id, whatever the order asked for. Anything in it, leaving
    included, may raise `Conflict`.
    """

    @abstractmethod
    async def __aenter__(self) -> Self: ...

    @abstractmethod
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @abstractmethod
    async def open(self, user_ids: Collection[UserId], keys: Collection[tuple[UserId, str]] = ()) -> Opened:
        """Lock the balances of these users. One who has no balance is missing from the answer."""

    @abstractmethod
    async def prediction(self, prediction_id: PredictionId, *, owner: UserId | None = None) -> Prediction:
        """Lock one prediction; raises `PredictionNotFound`, also where it is not `owner`'s."""

    @abstractmethod
    async def transfer(self, reference: UUID, kind: TransferKind) -> Transfer | None:
        """What was recorded under this reference; transfers never change, so nothing is locked."""

    @abstractmethod
    async def due(self, limit: int, *, put_before: datetime | None, early: bool = False) -> "Due":
        """Lock unfinished predictions whose time to be looked at has come, passing over locked ones.

        Queued ones that are due count as lost, to be put on the queue again, only where they were last
        put there before `put_before` (None: none); with `early` they need not be due. Their next look is
        twice as far away as the last, with jitter, from 30 seconds up to 10 minutes. Only one process
        sweeps at a time: while another does, nothing is due.
        """

    @abstractmethod
    async def record(
        self,
        *,
        accepted: Sequence[Accepted] = (),
        changed: Sequence[Prediction] = (),
        transfers: Sequence[Transfer] = (),
        keys: Mapping[UserId, tuple[IdempotencyKey, UUID]] | None = None,
    ) -> None:
        """Write everything in one statement; balances move by what the transfers say.

        `accepted` are new and become pending, `changed` were locked here; one that is final now is
        pending no more. `keys` remembers, by user, a request that made no prediction. Raises
        `AlreadyRecorded`, and `Conflict` where an idempotency key was remembered meanwhile.
        """

    @abstractmethod
    async def promo_code(self, code: str, *, user_id: UserId) -> tuple[PromoCode, bool]:
        """Lock a promo code, before any balance; with it whether this user has redeemed it.

        Raises `PromoCodeNotFound`.
        """

    @abstractmethod
    async def redeem(self, promo_code: PromoCode, grant: Transfer) -> None:
        """Store one use more of a promo code that was locked here, for the user and by the reference of the
        `grant`, which is recorded beside it."""

    @abstractmethod
    async def close(self, user: User) -> None:
        """Store a closed account: nothing personal is left, sessions, API keys and idempotency keys are
        gone, so are the inputs and outputs of the user's predictions, and what a chat was still to be told.

        The balance, which must be empty, goes as well: whoever waits for its lock finds none to move."""


class OpenBooks(Protocol):
    """Begins a transaction over the books."""

    @abstractmethod
    def __call__(self) -> Books: ...


@dataclass(frozen=True, slots=True)
class Due:
    """What the sweeper found, all locked: each list ordered by id."""

    lost: Sequence[Prediction]
    """Queued, but their message seems to be gone; their next look is already written."""
    expired: Sequence[Prediction]
    """Queued past their `expires_at`."""
    abandoned: Sequence[Prediction]
    """Processing past their lease."""
