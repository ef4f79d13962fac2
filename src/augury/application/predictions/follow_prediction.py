"""Follow a prediction: its state now, then each change until it is final."""

from collections.abc import Iterable, Mapping, Sequence

from augury.application.predictions.ports import Ended, Predictions, StoredPrediction
from augury.concurrency.natural_batches import NaturalBatches
from augury.concurrency.watches import Follower, Stream, Watches
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Prediction, PredictionNotFound, Status

ROWS_READ_TOGETHER = 1_000
"""Rows whose answers one statement reads; a prediction of more rows is read alone."""


class FollowPrediction:
    """Tell each change of a prediction.

    Changes are noticed by the workers' events, and by one query a second for all predictions that are
    followed. Those that have changed are read together.
    """

    def __init__(self, predictions: Predictions) -> None:
        self._predictions = predictions
        self._watches: Watches[PredictionId, Status] = Watches(
            self._statuses, doing="looking for changed predictions", is_last=lambda status: status.is_final
        )
        self._reads = NaturalBatches(
            self._read, most=ROWS_READ_TOGETHER, weigh=lambda prediction: prediction.rows
        )

    async def __call__(self, *, user_id: UserId, prediction_id: PredictionId) -> "PredictionStream":
        """Raises `PredictionNotFound`. The caller must close the stream."""
        follower = self._watches.follow(prediction_id)
        try:
            stored = await self._predictions.get(prediction_id, owner=user_id)
        except BaseException:
            follower.close()
            raise
        return PredictionStream(follower, stored, self._reads)

    def tell(self, ended: Iterable[Ended]) -> None:
        """Look at these predictions, which are final, as far as somebody follows them."""
        self._watches.ring(each.prediction_id for each in ended)

    async def look(self) -> None:
        """Notice changes until canceled."""
        await self._watches.look()

    def stop(self) -> None:
        """End all streams."""
        self._watches.stop()

    async def _statuses(self, ids: Sequence[PredictionId]) -> Mapping[PredictionId, Status]:
        return await self._predictions.statuses(ids)

    async def _read(self, followed: Sequence[Prediction]) -> Sequence[StoredPrediction | PredictionNotFound]:
        found = await self._predictions.several([each.id for each in followed])
        by_id = {each.prediction.id: each for each in found}
        return [by_id.get(each.id) or PredictionNotFound(prediction_id=each.id) for each in followed]


class PredictionStream(Stream[StoredPrediction]):
    """The states of one prediction. Ends after the final one."""

    __slots__ = ("_first", "_follower", "_prediction", "_reads")

    def __init__(
        self,
        follower: Follower[Status],
        stored: StoredPrediction,
        reads: NaturalBatches[Prediction, StoredPrediction | PredictionNotFound],
    ) -> None:
        self._follower = follower
        self._first: StoredPrediction | None = stored
        self._prediction = stored.prediction
        self._reads = reads
        follower.told = stored.prediction.status

    @property
    def status(self) -> Status:
        """The newest status that is known."""
        return self._prediction.status

    async def next(self, seconds: float) -> StoredPrediction | None:
        if self._first is not None:
            stored, self._first = self._first, None
            return stored
        if await self._follower.changed(seconds) is None:
            return None
        read = await self._reads.board(self._prediction)
        if isinstance(read, PredictionNotFound):
            self._follower.stop()
            return None
        self._prediction = read.prediction
        self._follower.told = read.prediction.status
        return read

    @property
    def is_over(self) -> bool:
        is_last = self._prediction.status.is_final or self._follower.is_over
        return self._first is None and is_last

    def wake(self) -> None:
        self._follower.wake()

    def close(self) -> None:
        self._follower.close()
