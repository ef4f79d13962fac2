"""Wait until a prediction is final: woken by events, and by a look once a second where one was lost."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable

from augury.application.ports import Unavailable
from augury.application.predictions.ports import Predictions, StoredPrediction
from augury.domain.identifiers import PredictionId, UserId

LOOK_EVERY = 1.0
"""Seconds between two looks for predictions whose event was lost: one query for all who wait."""
log = logging.getLogger(__name__)


class WaitForPrediction:
    """Waiters register, then read, then wait, so that nothing can happen in between unseen."""

    def __init__(self, predictions: Predictions) -> None:
        self._predictions = predictions
        self._waiting: dict[PredictionId, set[asyncio.Event]] = defaultdict(set)
        self._stopped = False

    async def __call__(
        self, *, user_id: UserId, prediction_id: PredictionId, seconds: float
    ) -> StoredPrediction:
        """The prediction once it is final, or as it stands when time is up or the process stops."""
        bell = asyncio.Event()
        self._waiting[prediction_id].add(bell)
        try:
            stored = await self._predictions.get(prediction_id, owner=user_id)
            if stored.prediction.status.is_final or self._stopped:
                return stored
            try:
                async with asyncio.timeout(seconds):
                    await bell.wait()
            except TimeoutError:
                pass
            return await self._predictions.get(prediction_id, owner=user_id)
        finally:
            bells = self._waiting[prediction_id]
            bells.discard(bell)
            if not bells:
                del self._waiting[prediction_id]

    def tell(self, ids: Iterable[PredictionId]) -> None:
        """These are final: wake who waits for them."""
        for prediction_id in ids:
            for bell in self._waiting.get(prediction_id, ()):
                bell.set()

    def stop(self) -> None:
        """Answer everyone who waits with what there is."""
        self._stopped = True
        self.tell(tuple(self._waiting))

    async def look(self) -> None:
        """Cover lost events until canceled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._waiting:
                try:
                    self.tell(await self._predictions.final(tuple(self._waiting)))
                except Unavailable as error:
                    log.warning("could not look for finished predictions: %s", error)
                except Exception:  # to end here would leave the next who waits until their time is up
                    log.exception("could not look for finished predictions")
