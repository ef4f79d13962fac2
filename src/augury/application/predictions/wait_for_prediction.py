"""Wait until a prediction is final: woken by events, and by one query a second for lost events."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence

from augury.application.ports import Unavailable
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.ports.reads import Predictions, StoredPrediction
from augury.concurrency.natural_batches import NaturalBatches
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Prediction, PredictionNotFound

LOOK_EVERY = 1.0
"""Seconds between two queries for predictions whose event was lost; one query serves all waiters."""
ROWS_READ_TOGETHER = 1_000
"""Rows whose answers one statement reads; a prediction of more rows is read alone."""
Bell = asyncio.Future[Ended | None]
"""Rings with the event, or with None if the prediction has to be read."""
log = logging.getLogger(__name__)


class WaitForPrediction:
    """Wait for a prediction's end.

    A waiter registers before it reads, so that no end goes unnoticed. Most events carry the result, and
    nothing is read. Other predictions that end together are read together.
    """

    def __init__(self, predictions: Predictions) -> None:
        self._predictions = predictions
        self._reads = NaturalBatches(
            self._read, most=ROWS_READ_TOGETHER, weigh=lambda prediction: prediction.rows
        )
        self._waiting: dict[PredictionId, set[Bell]] = defaultdict(set)
        self._stopped = False

    async def __call__(
        self, *, user_id: UserId, prediction_id: PredictionId, seconds: float
    ) -> StoredPrediction:
        """The prediction once it is final, or as it stands when time is up or the process stops."""
        bell = self._register(prediction_id)
        try:
            stored = await self._predictions.get(prediction_id, owner=user_id)
            if stored.prediction.status.is_final or self._stopped:
                return stored
            ended = await _rung(bell, seconds)
        finally:
            self._leave(prediction_id, bell)
        return await self._as_told(stored.prediction, ended)

    async def for_accepted(self, prediction: Prediction, *, seconds: float) -> StoredPrediction:
        """The same for a prediction that this process accepted in this very step of the event loop: its end
        cannot have been announced yet, so it is read at most once."""
        bell = self._register(prediction.id)
        try:
            ended = None if self._stopped else await _rung(bell, seconds)
        finally:
            self._leave(prediction.id, bell)
        return await self._as_told(prediction, ended)

    def waiting(self) -> int:
        """The number of predictions that somebody waits for."""
        return len(self._waiting)

    async def _as_told(self, prediction: Prediction, ended: Ended | None) -> StoredPrediction:
        if ended and ended.ending:
            return ended.ending.of(prediction, ended.status)
        read = await self._reads.board(prediction)
        if isinstance(read, PredictionNotFound):
            raise read
        return read

    async def _read(self, accepted: Sequence[Prediction]) -> Sequence[StoredPrediction | PredictionNotFound]:
        found = {
            (each.prediction.id, each.prediction.user_id): each
            for each in await self._predictions.several([prediction.id for prediction in accepted])
        }
        return [
            found.get((each.id, each.user_id)) or PredictionNotFound(prediction_id=each.id)
            for each in accepted
        ]

    def _register(self, prediction_id: PredictionId) -> Bell:
        bell: Bell = asyncio.get_running_loop().create_future()
        self._waiting[prediction_id].add(bell)
        return bell

    def _leave(self, prediction_id: PredictionId, bell: Bell) -> None:
        bells = self._waiting[prediction_id]
        bells.discard(bell)
        if not bells:
            del self._waiting[prediction_id]

    def tell(self, ended: Iterable[Ended]) -> None:
        """Wake the waiters of these predictions, which are final."""
        for each in ended:
            self._ring(each.prediction_id, each)

    def _ring(self, prediction_id: PredictionId, ended: Ended | None = None) -> None:
        for bell in self._waiting.get(prediction_id, ()):
            _give(bell, ended)

    def stop(self) -> None:
        """Answer every waiter with the prediction as it stands."""
        self._stopped = True
        for prediction_id in self._waiting:
            self._ring(prediction_id)

    async def look(self) -> None:
        """Cover lost events until canceled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._waiting:
                try:
                    for prediction_id in await self._predictions.final(tuple(self._waiting)):
                        self._ring(prediction_id)
                except Unavailable as error:
                    log.warning("could not look for finished predictions: %s", error)
                except Exception:  # a loop that ends here would leave later waiters to their time limit
                    log.exception("could not look for finished predictions")


async def _rung(bell: Bell, seconds: float) -> Ended | None:
    """What the bell rang with, or None when time is up. A timer of the loop costs a third of `timeout`."""
    timer = asyncio.get_running_loop().call_later(seconds, _give, bell, None)
    try:
        return await bell
    finally:
        timer.cancel()


def _give(bell: Bell, ended: Ended | None) -> None:
    if not bell.done():
        bell.set_result(ended)
