from dataclasses import dataclass

from augury.application.ports import Clock
from augury.application.ports.books import OpenBooks
from augury.application.ports.counters import Counters
from augury.application.predictions.ports.events import Ended, Events
from augury.application.retrying import retried
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPrediction:
    """Cancel a prediction that no worker has started; its credits come back."""

    books: OpenBooks
    events: Events
    clock: Clock
    counters: Counters

    async def __call__(self, *, user_id: UserId, prediction_id: PredictionId) -> Prediction:
        """Raises `PredictionNotFound`, or `WrongStatus` once it is processing or final."""
        canceled = await retried(lambda: self._cancel(user_id, prediction_id))
        self.counters.ended([canceled])
        await self.events.finished([Ended(canceled.id, canceled.user_id, canceled.status)])
        return canceled

    async def _cancel(self, user_id: UserId, prediction_id: PredictionId) -> Prediction:
        async with self.books() as books:
            prediction = await books.prediction(prediction_id, owner=user_id)
            canceled = prediction.cancel(at=self.clock.now())
            await books.record(changed=[canceled], transfers=canceled.settlement())
        return canceled
