"""Pick by turn, predict, settle: what a worker does with the bulk lane."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

from augury.application.batches.ports import Batches, BatchStore
from augury.application.limits import Limits
from augury.application.models.ports import Models
from augury.application.ports import Clock, Counters, Unavailable
from augury.application.predictions.execution import Execution
from augury.application.predictions.lease import Lease
from augury.application.predictions.ports import Claimed, Events, Predictor, SlicePredictor, Work

MOST = 256
"""Predictions that one turn runs at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNext:
    """Run the next work of the bulk lane, and settle its price."""

    work: Work
    batches: Batches
    store: BatchStore
    models: Models
    predictor: Predictor
    slice_predictor: SlicePredictor
    events: Events
    clock: Clock
    limits: Limits
    counters: Counters

    async def __call__(self) -> int:
        """Run the oldest predictions of the user whose turn it is, up to one slice. Answers how many; 0 if
        nothing waits.

        While the books cannot be reached, it waits. Then it raises `Unavailable`, after it has handed back
        what it had not predicted, and `PredictTimedOut`. When canceled, it hands back what it has picked.
        """
        execution = Execution(
            work=self.work,
            batches=self.batches,
            store=self.store,
            models=self.models,
            predictor=self.predictor,
            slice_predictor=self.slice_predictor,
            events=self.events,
            clock=self.clock,
            limits=self.limits,
            counters=self.counters,
        )
        token = uuid4()
        picking = asyncio.ensure_future(self._pick(token))
        try:
            claimed = await asyncio.shield(picking)
            if claimed:
                lease = Lease(self.work, token, self.limits.lease)
                async with execution.predicted(lease, token, claimed) as settle:
                    await settle()
        except asyncio.CancelledError:
            with suppress(Unavailable):  # a canceled pick would not tell what it has begun: it is left to end
                await execution.hand_back(token, [claim.prediction.id for claim in await picking])
            raise
        return len(claimed)

    async def _pick(self, token: UUID) -> Sequence[Claimed]:
        return await self.work.pick(
            token=token, lease=self.limits.lease, most=MOST, most_cost=self.limits.slice_rows
        )
