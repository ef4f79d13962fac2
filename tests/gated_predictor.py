import asyncio
from collections.abc import Sequence
from contextlib import nullcontext

from typing_extensions import override

from augury.application.predictions.ports.predictor import Outcome, Question, Turn
from augury.domain.lane import Lane
from augury.domain.model import Model
from augury.outbound.memory.predictor import MemoryPredictor


class GatedPredictor(MemoryPredictor):
    """Answers while its gate is open. Counts the calls under way."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.under_way = 0
        self.most_under_way = 0

    @override
    async def predict(
        self, model: Model, questions: Sequence[Question], turn: Turn = nullcontext, lane: Lane = Lane.SMALL
    ) -> Sequence[Outcome]:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.gate.wait()
            return await super().predict(model, questions, turn, lane)
        finally:
            self.under_way -= 1
