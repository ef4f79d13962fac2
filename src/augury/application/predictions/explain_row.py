from dataclasses import dataclass

from augury.application.models.ports.models import Models
from augury.application.predictions.ports.reads import Predictions, StoredPrediction
from augury.domain.answer import answers_in
from augury.domain.explanation import Explanation, NoExplanation, explanations_in
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.model_texts import ModelTexts


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """The explanation of one row, and its model's texts for people."""

    explanation: Explanation
    texts: ModelTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainRow:
    """Find the explanation of one row of a prediction."""

    predictions: Predictions
    models: Models

    async def __call__(
        self, *, user_id: UserId, prediction_id: PredictionId, row: int = 0, of: str | None = None
    ) -> ExplainedRow:
        """`row` counts from 0. `of` is a label or an output of a model that answers several; None means the
        first one.

        Raises `PredictionNotFound`, and `NoExplanation` if the row has none.
        """
        stored = await self.predictions.get(prediction_id, owner=user_id)
        answers = answers_in(await self._output(stored))
        found = explanations_in(answers[row]) if row < len(answers) else []
        chosen = next((each for each in found if of is None or each.get("of") == of), None)
        if chosen is None:
            raise NoExplanation
        model = await self.models.version(stored.prediction.model)
        return ExplainedRow(chosen, model.facts.texts)

    async def _output(self, stored: StoredPrediction) -> bytes | None:
        """The whole output, also if it is too large to be read at once."""
        if not stored.large_output:
            return stored.output
        pieces, size, prediction = [], 0, stored.prediction
        while size < stored.large_output:
            piece = await self.predictions.piece(prediction.id, owner=prediction.user_id, begin=size)
            if not piece:
                raise NoExplanation
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)
