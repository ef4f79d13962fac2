"""Batches: the rows of one file, which are predicted slice by slice.

A slice is a prediction with its own hold and its own settlement, so that a batch needs no money rules of its
own, and every transfer names the slice that it paid for.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from augury.domain.errors import DomainError
from augury.domain.identifiers import BatchId, UserId
from augury.domain.lane import SliceLimit
from augury.domain.model import ModelRef
from augury.domain.prediction import Status

SLICE_ROWS = 2_000
"""The most rows of one slice."""
SLICE_BYTES = 1_000_000
"""The most bytes of a slice's input in memory, unless it is a single row."""
FULL = SliceLimit(rows=SLICE_ROWS, size=SLICE_BYTES)
"""The largest slice. Slices of slow models are smaller (`SliceLimit.at`)."""
MOST_SMALLER = 10_000
"""Slices of one batch that may be smaller. Further ones are full, so that the number of slices stays
bounded."""


@dataclass(eq=False)
class BatchNotFound(DomainError):
    """There is no such batch, or it belongs to another user."""

    batch_id: BatchId


@dataclass(eq=False)
class BatchEnded(DomainError):
    """The batch has ended, so it cannot be canceled."""

    status: Status


@dataclass(eq=False)
class BatchTooLong(DomainError):
    """There are more rows than a batch may have."""

    most: int


@dataclass(eq=False)
class BatchPurged(DomainError):
    """The rows and answers of the batch were deleted."""

    batch_id: BatchId


@dataclass(eq=False)
class TooManyBatches(DomainError):
    """Too many batches are under way: try again later."""

    pending: int
    most: int
    retry_after: int
    """Seconds."""


@dataclass(frozen=True, slots=True)
class SlicePlace:
    """Which slice of which batch a prediction is. Slices are numbered from 0."""

    batch_id: BatchId
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as it was accepted."""

    id: BatchId
    user_id: UserId
    model: ModelRef
    rows: int
    slices: int
    price: int
    """The credits held for all slices at acceptance."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What has become of a batch's slices."""

    done: int = 0
    """The rows that the model answered, which were charged."""
    failed: int = 0
    """The rows that ended without an answer: invalid, failed, canceled or expired."""
    charged: int = 0
    """Credits."""
    queued: int = 0
    """The numbers of slices by status."""
    processing: int = 0
    canceled: int = 0
    expired: int = 0
    started_at: datetime | None = None
    """When a worker began the first of the slices that have started."""
    finished_at: datetime | None = None
    """When the last of the ended slices ended."""

    @property
    def is_final(self) -> bool:
        return not self.queued and not self.processing

    @property
    def status(self) -> Status:
        """The status of the whole batch. Once final, it is canceled or expired if any slice is."""
        if not self.is_final:
            is_untouched = not (self.processing or self.done or self.failed)
            return Status.QUEUED if is_untouched else Status.PROCESSING
        if self.canceled:
            return Status.CANCELED
        if self.expired:
            return Status.EXPIRED
        return Status.SUCCEEDED if self.done else Status.FAILED

    def ends_in(self, rows: int, now: datetime) -> int | None:
        """Seconds until all `rows` have ended at the mean pace so far. None if that is unknown, or nothing is
        left."""
        ended = self.done + self.failed
        if self.is_final or self.started_at is None or not ended:
            return None
        pace = max((now - self.started_at).total_seconds(), 0.001) / ended
        return round((rows - ended) * pace)

    def require_unfinished(self) -> Self:
        """Raises `BatchEnded`."""
        if self.is_final:
            raise BatchEnded(status=self.status)
        return self
