"""Take over from workers that died: their predictions are queued again, and the attempt counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from augury.application.ports import Clock
from augury.application.predictions.ports.sweeping import OpenSweepBooks
from augury.application.predictions.ports.work import Work
from augury.application.predictions.repairs import Repairs
from augury.application.retrying import retried
from augury.domain.identifiers import PredictionId
from augury.domain.prediction import Prediction

SILENCE = timedelta(seconds=2)
"""How long a worker may give no sign of life before it counts as dead, once the queue has handed its work to
another one. Workers give one every half second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """Take over the predictions that workers had begun before they died."""

    work: Work
    books: OpenSweepBooks
    repairs: Repairs
    clock: Clock

    async def __call__(self) -> int:
        """Returns how many predictions were queued again or have failed. A worker that only lost its
        connection to the queue keeps its predictions: it still gives signs of life."""
        changed = await retried(self._abandoned)
        await self.repairs.follow(changed)
        return len(changed)

    async def begun(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        """Those of these predictions that a worker has begun, whether it lives or not."""
        return await self.work.begun(ids)

    async def _abandoned(self) -> list[Prediction]:
        async with self.books() as books:
            changed = [each.abandon(at=self.clock.now()) for each in await books.left(silent_for=SILENCE)]
            if changed:
                await books.record(
                    changed=changed,
                    transfers=[
                        transfer for each in changed if each.status.is_final for transfer in each.settlement()
                    ],
                )
        return changed
