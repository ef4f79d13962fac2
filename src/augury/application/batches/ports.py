"""Ports: batches, and the store of their slices' inputs and outputs."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from augury.application.ports.books import Books
from augury.domain.api_key import Spending
from augury.domain.batch import Batch, Progress
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import BatchId, PredictionId, UserId
from augury.domain.prediction import Prediction, Status
from augury.domain.transfer import Transfer

RAW = "raw/"
SHEET = "sheet"
"""The name of the object that describes the columns of a batch's slices."""


def input_name(number: int) -> str:
    """The name of the object that holds a slice's rows."""
    return f"input/{number:06}"


def raw_name(number: int) -> str:
    """The name of the object that holds a piece of a file which can only be read as a whole."""
    return f"{RAW}{number:06}"


def output_name(number: int) -> str:
    """The name of the object that holds a slice's answers and errors."""
    return f"output/{number:06}"


class NotStored(Exception):
    """The store has no such object: its batch was purged."""


class BatchStore(Protocol):
    """Keeps objects of bytes, which belong to batches and have names. It is not part of any transaction."""

    @abstractmethod
    async def put(self, batch_id: BatchId, name: str, content: bytes) -> None:
        """Store an object, and replace what was there before."""

    @abstractmethod
    async def get(self, batch_id: BatchId, name: str) -> bytes:
        """Raises `NotStored`."""

    @abstractmethod
    async def ping(self) -> None:
        """Raises `Unavailable` if the store does not answer."""

    @abstractmethod
    async def delete(self, batch_id: BatchId, *, at_most: int, prefix: str = "") -> int:
        """Delete up to `at_most` of a batch's objects whose name begins with `prefix`. Returns how many were
        deleted."""


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch as it is read. `has_data` is False once its rows and answers were purged."""

    batch: Batch
    progress: Progress
    has_data: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSlice:
    """A slice as it is read."""

    number: int
    first_row: int
    """The index of its first row in the batch."""
    prediction_id: PredictionId
    status: Status
    rows: int
    valid_rows: int


class BatchBooks(Books, Protocol):
    """The books, and the batches that change in the same transaction."""

    @abstractmethod
    async def accept_batch(
        self,
        batch: Batch,
        slices: Sequence[Prediction],
        transfers: Sequence[Transfer],
        key: IdempotencyKey | None,
        *,
        costs: Sequence[int],
        spender: UUID | None = None,
    ) -> None:
        """Store a batch that was being received, and its slices, in order, as queued predictions. They wait
        in the bulk lane, where they cost `costs` (`SliceLimit.cost`), and do not become pending. `key`
        remembers the request, and `spender` is the API key whose spending limits count the price. Call it
        after `open`, and after `spending`.

        Raises `Conflict` if the key was remembered meanwhile, and `LookupError` if the user is not receiving
        this batch: it was accepted or given up, or is another user's.
        """

    @abstractmethod
    async def spending(self, key_id: UUID) -> Spending | None:
        """Lock the API key. Returns what it has spent, or None if it was deleted."""

    @abstractmethod
    async def unfinished_batches(self, user_id: UserId) -> int:
        """As `Batches.unfinished`. Call it after `open`: no other batch of the user is accepted meanwhile."""

    @abstractmethod
    async def queued_slices(self, batch_id: BatchId, *, limit: int) -> Sequence[Prediction]:
        """Lock up to `limit` of a batch's slices that no worker has started."""


class OpenBatchBooks(Protocol):
    @abstractmethod
    def __call__(self) -> BatchBooks: ...


class Batches(Protocol):
    """Batches and their slices. Each call commits separately."""

    @abstractmethod
    async def receive(self, batch_id: BatchId, *, owner: UserId, at: datetime) -> None:
        """Record a batch whose objects are being stored. It is not accepted yet, and cannot be read."""

    @abstractmethod
    async def unfinished(self, owner: UserId) -> int:
        """The number of the user's accepted batches that have a slice which has not ended."""

    @abstractmethod
    async def get(self, batch_id: BatchId, *, owner: UserId) -> StoredBatch:
        """Raises `BatchNotFound`, also if it belongs to another user."""

    @abstractmethod
    async def several(self, ids: Collection[BatchId]) -> Sequence[StoredBatch]:
        """The accepted batches with these ids, in any order, of any user."""

    @abstractmethod
    async def page(
        self, owner: UserId, *, limit: int, before: BatchId | None = None
    ) -> Sequence[StoredBatch]:
        """The batches with a smaller id than `before`, newest first."""

    @abstractmethod
    async def running(self, owner: UserId, *, limit: int) -> Sequence[StoredBatch]:
        """The user's batches that are not closed, newest first. The slices of some may just have ended."""

    @abstractmethod
    async def slices(
        self, batch_id: BatchId, *, first: int, limit: int, only_with_errors: bool = False
    ) -> Sequence[StoredSlice]:
        """Slices in order, from the number `first` on. `only_with_errors`: those that ended with a row that
        was not predicted."""

    @abstractmethod
    async def close(self, ids: Collection[BatchId]) -> None:
        """Record the end of the batches whose slices have all ended, so that later reads need not read the
        slices. Also add deliveries for the webhooks of this event."""

    @abstractmethod
    async def close_ended(self) -> int:
        """Do the same for all batches, in case a process ended before it did so. Returns how many were
        closed."""

    @abstractmethod
    async def outdated(self, *, keep: timedelta, limit: int) -> Sequence[BatchId]:
        """Batches whose objects can be deleted: those that ended longer than `keep` ago, those that were
        received but not accepted within a day, which are given up, and those of closed accounts. Whoever
        gave up a batch may not have deleted its objects, so it is returned, too, a day after it was
        received."""

    @abstractmethod
    async def give_up(self, batch_id: BatchId) -> bool:
        """Record that a batch which was being received will never be accepted. Returns True also if it is no
        longer recorded, such as after its account was closed. Returns False, and changes nothing, if it was
        accepted: its caller may not have been told, such as when the answer to the commit was lost. Waits for
        an acceptance that is under way."""

    @abstractmethod
    async def purged(self, batch_id: BatchId) -> None:
        """Record that a batch's objects were deleted. Delete a batch that was never accepted. Does nothing
        if there is no such batch."""
