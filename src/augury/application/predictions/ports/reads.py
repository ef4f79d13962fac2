"""Ports: reads of predictions."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from augury.application.ports import Json
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Lane
from augury.domain.prediction import Prediction, Status
from augury.domain.row_errors import RowError, RowWarning

MOST_LISTED_BYTES = 10_000
"""An output of more bytes is not part of a list."""
MOST_BYTES_AT_ONCE = 262_144
"""An output of more bytes is read in pieces of this size."""


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """A prediction as it is read. `output` is None until it has succeeded, and after it was forgotten."""

    prediction: Prediction
    output: Json | None
    errors: Sequence[RowError] = ()
    warnings: Sequence[RowWarning] = ()
    refunded: int = 0
    """The credits that were given back after it was charged."""
    large_output: int = 0
    """The size in bytes of an output that is too large to be read at once; `output` is then None. See
    `Predictions.piece`. 0 for other outputs."""
    lane: Lane | None = field(default=None, compare=False)
    """The lane in which it waits. None if it does not wait, or if that was not read."""


@dataclass(frozen=True, slots=True)
class PredictionPage:
    """A part of a list. It may be shorter than the limit, or empty, although more follow: a search among many
    other predictions stops after a while."""

    items: Sequence[StoredPrediction]
    more: PredictionId | None = None
    """`before` of the next page. None at the end of the list."""


@dataclass(frozen=True, slots=True)
class UsageOfDay:
    """The cost of a user's predictions by one model on one day (UTC)."""

    day: date
    model: str
    """The name, without a version."""
    predictions: int
    rows: int
    """The predicted rows."""
    charged: int
    """Credits."""


class Predictions(Protocol):
    """Reads of predictions. Each read uses its own connection and locks nothing."""

    @abstractmethod
    async def get(self, prediction_id: PredictionId, *, owner: UserId) -> StoredPrediction:
        """Raises `PredictionNotFound`, also if it belongs to another user."""

    @abstractmethod
    async def piece(self, prediction_id: PredictionId, *, owner: UserId, begin: int) -> bytes:
        """Up to `MOST_BYTES_AT_ONCE` bytes of the output from the byte `begin` on, counted from 0. Empty at
        its end, or after it was forgotten. Raises `PredictionNotFound`."""

    @abstractmethod
    async def several(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        """The predictions with these ids that exist, in any order, of any owner."""

    @abstractmethod
    async def listed(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        """The predictions with these ids, in any order, of any user, with the same parts that `page` returns.
        Missing ones are left out."""

    @abstractmethod
    async def page(
        self,
        owner: UserId,
        *,
        limit: int,
        before: PredictionId | None = None,
        status: Status | None = None,
        model: str | None = None,
    ) -> PredictionPage:
        """The predictions with a smaller id than `before`, newest first. `model` is `name` or `name@version`.

        Errors are left out here. So is the output (None) of a prediction of more than one row, or of more
        than `MOST_LISTED_BYTES`: read it by its id.
        """

    @abstractmethod
    async def usage(self, owner: UserId, *, since: datetime, most: int) -> Sequence[UsageOfDay]:
        """The user's predictions since then, by day and model, newest day first. Slices of batches count,
        too. Only the newest `most` predictions are read."""

    @abstractmethod
    async def waiting(self, *, at_most: int) -> int:
        """The number of unfinished predictions of all users, counted up to `at_most`."""

    @abstractmethod
    async def oldest_waiting(self) -> datetime | None:
        """The time at which the oldest unfinished prediction was accepted. None if there is none."""

    @abstractmethod
    async def final(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        """Those of the ids that are final."""

    @abstractmethod
    async def statuses(self, ids: Collection[PredictionId]) -> Mapping[PredictionId, Status]:
        """The statuses of the predictions with these ids; missing ones are left out. Small work stays
        `queued` until it ends, unless it takes long."""
