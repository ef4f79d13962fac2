"""Ports: the events that announce the end of predictions."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, Self

from augury.application.ports import Json
from augury.application.predictions.ports.reads import StoredPrediction
from augury.application.predictions.ports.work import Finished
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Failure, Prediction, Status

MOST_TOLD_BYTES = 2_048
"""A larger output is not sent with the event of its prediction's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The part of a final prediction that was not known at its acceptance. With it, a process that knows the
    accepted prediction need not read the final one."""

    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    valid_rows: int
    valid_text_bytes: int = 0
    failure: Failure | None = None
    output: Json | None = None

    def of(self, accepted: Prediction, status: Status) -> StoredPrediction:
        """The final prediction: `accepted`, ended in this way."""
        final = replace(
            accepted,
            status=status,
            attempts=self.attempts,
            started_at=self.started_at,
            finished_at=self.finished_at,
            valid_rows=self.valid_rows,
            valid_text_bytes=self.valid_text_bytes,
            failure=self.failure,
        )
        return StoredPrediction(final, self.output)


@dataclass(frozen=True, slots=True)
class Ended:
    """The event that a prediction became final."""

    prediction_id: PredictionId
    user_id: UserId
    status: Status
    ending: Ending | None = None
    """None if the prediction has to be read: its output is large, rows have errors or warnings, no worker ran
    it, or the worker is of an earlier version."""

    @classmethod
    def by_worker(cls, finished: Finished) -> Self:
        """The event of a prediction that a worker has just settled."""
        prediction, output = finished.prediction, finished.output
        is_small = output is None or len(output) <= MOST_TOLD_BYTES
        if not is_small or finished.errors or finished.warnings or prediction.batch_id:
            return cls(prediction.id, prediction.user_id, prediction.status)
        ending = Ending(
            attempts=prediction.attempts,
            started_at=prediction.started_at,
            finished_at=prediction.finished_at,
            valid_rows=prediction.valid_rows,
            valid_text_bytes=prediction.valid_text_bytes,
            failure=prediction.failure,
            output=output,
        )
        return cls(prediction.id, prediction.user_id, prediction.status, ending)


class Events(Protocol):
    @abstractmethod
    async def finished(self, ended: Sequence[Ended]) -> None:
        """Publish these events, with best effort and in bounded time. Never raises."""
