"""Claim by id, predict, settle: what a worker does with the predictions that a message names."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from augury.application.batches.ports import Batches, BatchStore
from augury.application.limits import Limits
from augury.application.models.ports import Models
from augury.application.ports import Clock, Counters
from augury.application.predictions.execution import Execution
from augury.application.predictions.lease import Lease
from augury.application.predictions.ports import Events, Predictor, SlicePredictor, Work
from augury.domain.identifiers import PredictionId


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBatch:
    """Run predictions from the queue, and settle their price."""

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

    async def __call__(
        self,
        ids: Collection[PredictionId],
        *,
        retries: bool = False,
        predicted: Callable[[], Awaitable[None]] | None = None,
    ) -> Collection[PredictionId]:
        """Run these predictions until each is settled or cannot be claimed. Answers the ids that the books do
        not have.

        With `retries`, predictions that a worker began and did not finish are run again: pass them one by
        one. `predicted` is awaited before the last settlement: the next batch may be predicted meanwhile.
        While the books cannot be reached, it waits. Then it raises `Unavailable`, after it has handed back
        what it had not predicted, and `PredictTimedOut`. When canceled, it hands back what it has claimed.
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
        waiting = set(ids)
        while waiting:
            token = uuid4()
            try:
                done = await self._run(execution, waiting, token, retries, predicted)
            except asyncio.CancelledError:
                # All of them: a canceled claim may still have begun any.
                await execution.hand_back(token, waiting)
                raise
            if not done:
                return await self.work.unknown(waiting)
            waiting.difference_update(done)
        return ()

    async def _run(
        self,
        execution: Execution,
        ids: Collection[PredictionId],
        token: UUID,
        retries: bool,
        predicted: Callable[[], Awaitable[None]] | None,
    ) -> Sequence[PredictionId]:
        """Claim as much as one claim takes, predict, settle. Answers the claimed ids."""
        lease = Lease(self.work, token, self.limits.lease)
        async with lease.handed_back_in_an_outage(ids):
            claimed = await self.work.claim(
                ids,
                token=token,
                lease=self.limits.lease,
                retries=retries,
                most_rows=self.limits.max_batch_rows,
                most_bytes=self.limits.max_batch_bytes,
            )
        if claimed:
            await execution.run(lease, token, claimed, predicted if len(claimed) == len(ids) else None)
        return [claim.prediction.id for claim in claimed]
