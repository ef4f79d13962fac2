"""Ports that all subjects share: the books, the clock, and the errors that every port may raise.

Every port raises `Unavailable` when its technology cannot be reached, and no exception of that technology
itself. A method that takes a collection takes it in any order.
"""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import NewType, Protocol, Self
from uuid import UUID

from augury.domain.api_key import Spending
from augury.domain.audit import Act
from augury.domain.balance import Balance
from augury.domain.idempotency import IdempotencyKey, Remembered
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Lane
from augury.domain.prediction import Prediction
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.usage import Usage
from augury.domain.user import UserNotFound

Json = NewType("Json", bytes)
"""A JSON text in UTF-8. Rows and answers are large and opaque here: they pass through as they are."""


class Unavailable(Exception):
    """The service behind a port cannot be reached, or does not answer in time. `str()` names it."""


class Conflict(Unavailable):
    """The transaction lost against a concurrent one: run it again from its start."""


class AlreadyRecorded(Exception):
    """The books already have a transfer of this kind and reference. Nothing was changed."""


class Clock(Protocol):
    """The time for display and for new records. Times of several processes are compared in SQL instead."""

    @abstractmethod
    def now(self) -> datetime:
        """The time, in UTC."""


class StreamLimit(StrEnum):
    """The limits that can refuse event streams."""

    PROCESS = "max_streams"
    USER = "max_streams_per_user"


class Counters(Protocol):
    """Counts what this process does, for its metrics. Never waits and never raises."""

    @abstractmethod
    def submitted(self, submits: int) -> None:
        """Count one transaction that decided on this many submits, whether they were accepted or refused."""

    @abstractmethod
    def accepted(self, predictions: Sequence[Prediction]) -> None: ...

    @abstractmethod
    def settled(self, predictions: Sequence[Prediction], lane: Lane) -> None:
        """Count predictions that were run in this lane and settled together. They have ended."""

    @abstractmethod
    def answered(self, version: str, usage: Usage) -> None:
        """Add the work of a version of a model (`name@version`)."""

    @abstractmethod
    def ended(self, predictions: Sequence[Prediction]) -> None:
        """Count predictions that have ended without a worker: canceled, expired, or given up after too many
        attempts."""

    @abstractmethod
    def refused(self, limit: str) -> None:
        """Count a request that this limit refused. There are only a few names of limits."""

    @abstractmethod
    def requeued(self, predictions: int) -> None:
        """Count predictions that a sweep put on the queue again."""

    @abstractmethod
    def update_done(self, *, handled: bool) -> None:
        """Count an update of Telegram that the bot has handled or given up."""

    @abstractmethod
    def streams_open(self, streams: int) -> None:
        """Set the number of open event streams."""

    @abstractmethod
    def stream_refused(self, limit: StreamLimit) -> None:
        """Count an event stream that this limit refused."""

    @abstractmethod
    def event_told(self) -> None:
        """Count an event that was sent on a stream."""

    @abstractmethod
    def result_delivered(self) -> None:
        """Count a result whose delivery by the bot has ended: it was sent or refused, or the chat is gone."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A new prediction, its rows, and the key under which a repeated request finds it."""

    prediction: Prediction
    input: Json
    key: IdempotencyKey | None = None
    notify: bool = False
    """Whether a notice of its end is kept until it is delivered."""
    bulk_cost: int | None = None
    """Its cost in the bulk lane (`SliceLimit.cost`). None for small work."""
    explain: int | None = None
    """How many features of each row are explained, the strongest ones. None: no explanation."""
    spender: UUID | None = None
    """The API key whose spending limits count the price."""
    top: int | None = None
    """The number of classes that each answer lists, the likeliest first. None: up to `Limits.max_classes`."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Balances, which `Books.open` has locked, and the requests remembered under the given keys."""

    balances: Mapping[UserId, Balance]
    remembered: Mapping[tuple[UserId, str], Remembered]
    spending: Mapping[UUID, Spending] | None = None
    """The spending of API keys; deleted keys are missing. None if it was not read."""

    def balance(self, user_id: UserId) -> Balance:
        """Raises `UserNotFound` if the account, and with it the balance, was closed meanwhile."""
        try:
            return self.balances[user_id]
        except KeyError:
            raise UserNotFound from None

    def repeats(self, user_id: UserId, key: IdempotencyKey) -> bool:
        """Whether this request was made before. Raises `IdempotencyConflict` if another one had its key."""
        known = self.remembered.get((user_id, key.key))
        if known:
            known.require(key)
        return known is not None


class Books(Protocol):
    """One transaction over balances, transfers and predictions: lock, decide, record.

    Methods that only one subject needs are in that subject's own books, such as `SweepBooks`.

    Entering begins it, leaving commits it, an exception rolls it back. Predictions are locked first, by id,
    then balances, by user id. Every method, and leaving, may raise `Conflict`.
    """

    @abstractmethod
    async def __aenter__(self) -> Self: ...

    @abstractmethod
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @abstractmethod
    async def open(self, user_ids: Collection[UserId], keys: Collection[tuple[UserId, str]] = ()) -> Opened:
        """Lock the balances of these users. A user without a balance is missing from the answer."""

    @abstractmethod
    async def prediction(self, prediction_id: PredictionId, *, owner: UserId | None = None) -> Prediction:
        """Lock one prediction. Raises `PredictionNotFound`, also if it is not the `owner`'s."""

    @abstractmethod
    async def transfer(self, reference: UUID, kind: TransferKind) -> Transfer | None:
        """The transfer recorded under this reference. Transfers never change, so nothing is locked."""

    @abstractmethod
    async def record(
        self,
        *,
        changed: Sequence[Prediction] = (),
        transfers: Sequence[Transfer] = (),
        keys: Mapping[UserId, tuple[IdempotencyKey, UUID]] | None = None,
    ) -> None:
        """Write everything in one statement. Balances change by the transfers.

        `changed` predictions were locked in this transaction; those that are now final are no longer pending.
        `keys` remembers, by user, requests that made no prediction. Raises `AlreadyRecorded`, and `Conflict`
        if an idempotency key was remembered meanwhile.
        """

    @abstractmethod
    async def note(self, act: Act | None) -> None:
        """Record an operator's act in the audit log. None records nothing."""


class OpenBooks(Protocol):
    """Begins a transaction over the books."""

    @abstractmethod
    def __call__(self) -> Books: ...
