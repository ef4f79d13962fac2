"""Follow a prediction: its current state, then each change until it is final."""

import asyncio
from collections.abc import Iterable, Sequence

from augury.application.predictions.places import Places
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.ports.reads import Predictions, StoredPrediction
from augury.concurrency.natural_batches import NaturalBatches
from augury.concurrency.streams import Follower, Stream
from augury.concurrency.watches import Watches
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Prediction, PredictionNotFound, Status

PLACE_EVERY = 2.0
"""Seconds between two looks at the place of a queued prediction. The looks read nothing from the database."""
ROWS_READ_TOGETHER = 1_000
"""Rows whose answers one statement reads. A prediction with more rows is read alone."""


class FollowPrediction:
    """Send each change of a prediction.

    Changes are noticed by the workers' events, and by one query a second for all followed predictions.
    Predictions that have changed are read together.
    """

    def __init__(self, predictions: Predictions, places: Places) -> None:
        self._predictions = predictions
        self._places = places
        self._watches: Watches[PredictionId, Status] = Watches(
            predictions.statuses, doing="reading changed predictions", is_last=lambda status: status.is_final
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
        return PredictionStream(follower, stored, self._reads, self._places)

    def tell(self, ended: Iterable[Ended]) -> None:
        """Read these final predictions if somebody follows them."""
        self._watches.ring(each.prediction_id for each in ended)

    async def look(self) -> None:
        """Watch for changes until canceled."""
        await self._watches.look()

    def stop(self) -> None:
        """End all streams."""
        self._watches.stop()

    async def _read(self, followed: Sequence[Prediction]) -> Sequence[StoredPrediction | PredictionNotFound]:
        found = await self._predictions.several([each.id for each in followed])
        by_id = {each.prediction.id: each for each in found}
        return [by_id.get(each.id) or PredictionNotFound(prediction_id=each.id) for each in followed]


class PredictionStream(Stream[StoredPrediction]):
    """The states of one prediction, and its places while it is queued. Ends after the final state."""

    __slots__ = ("_ahead", "_follower", "_is_begun", "_places", "_reads", "_stored")

    def __init__(
        self,
        follower: Follower[Status],
        stored: StoredPrediction,
        reads: NaturalBatches[Prediction, StoredPrediction | PredictionNotFound],
        places: Places,
    ) -> None:
        self._follower = follower
        self._stored = stored
        self._reads = reads
        self._places = places
        self._is_begun = False
        self._ahead: int | None = None
        """The number of predictions ahead that was last sent."""
        follower.told = stored.prediction.status

    @property
    def status(self) -> Status:
        """The newest status that is known."""
        return self._stored.prediction.status

    async def next(self, seconds: float) -> StoredPrediction | None:
        if not self._is_begun:
            self._is_begun = True
            return self._told()
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + seconds
        while (left := ends_at - loop.time()) > 0:
            looks_at = loop.time() + min(left, PLACE_EVERY)
            if await self._follower.changed(looks_at - loop.time()) is not None:
                return await self._read()
            if loop.time() < looks_at or self._follower.is_over:  # woken
                return None
            place = self._places.of(self._stored)
            if place is not None and place.ahead != self._ahead:
                return self._told()
        return None

    def _told(self) -> StoredPrediction:
        place = self._places.of(self._stored)
        self._ahead = None if place is None else place.ahead
        return self._stored

    async def _read(self) -> StoredPrediction | None:
        read = await self._reads.board(self._stored.prediction)
        if isinstance(read, PredictionNotFound):
            self._follower.stop()
            return None
        self._stored = read
        self._follower.told = read.prediction.status
        return self._told()

    @property
    def is_over(self) -> bool:
        return self._is_begun and (self.status.is_final or self._follower.is_over)

    def wake(self) -> None:
        self._follower.wake()

    def close(self) -> None:
        self._follower.close()
