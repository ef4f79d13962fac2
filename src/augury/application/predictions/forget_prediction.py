from dataclasses import dataclass

from augury.application.predictions.ports.contents import PredictionContents
from augury.domain.identifiers import PredictionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetPrediction:
    """Forget a final prediction's input, output, row errors and warnings. What it cost stays in the books."""

    contents: PredictionContents

    async def __call__(self, *, user_id: UserId, prediction_id: PredictionId) -> None:
        """Raises `PredictionNotFound`, and `WrongStatus` if it is not final."""
        await self.contents.forget(prediction_id, owner=user_id)
