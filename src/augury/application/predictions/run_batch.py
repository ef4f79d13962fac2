"""Claim by id, predict, settle: what a worker does with the predictions that a message names."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

from augury.application.batches.ports import Batches, BatchStore
from augury.application.limits import Limits
from augury.application.models.ports import Models
from augury.application.ports import Clock, Counters
from augury.application.predictions.execution import Execution
from augury.application.predictions.lease import Lease
from augury.application.predictions.ports import Claimed, ClaimTerms, Events, Predictor, SlicePredictor, Work
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
        self, ids: Collection[PredictionId], *, retries: bool = False
    ) -> Collection[PredictionId]:
        """Run these predictions until each is settled or cannot be claimed. Answers the ids that the books do
        not have. Raises what `predicted` raises."""
        async with self.predicted(ids, retries=retries) as settle:
            return await settle()

    @asynccontextmanager
    async def predicted(
        self, ids: Collection[PredictionId], *, retries: bool = False
    ) -> AsyncIterator[Callable[[], Awaitable[Collection[PredictionId]]]]:
        """Predict, and yield the call that settles and answers the ids that the books do not have. The next
        batch may be predicted meanwhile.

        With `retries`, predictions that a worker began and did not finish are run again: pass them one by
        one. While the books cannot be reached, it waits. Then it raises `Unavailable`, after it has handed
        back what it had not predicted, and `PredictTimedOut`. When canceled, it hands back what it has
        claimed and not settled.
        """
        execution = self._execution()
        waiting = set(ids)
        while waiting:
            token = uuid4()
            lease = Lease(self.work, token, self.limits.lease)
            try:
                claimed = await self._claim(lease, token, waiting, retries)
                if not claimed:
                    break
                async with execution.predicted(lease, token, claimed) as settle:
                    if len(claimed) == len(waiting):
                        yield partial(_settled, settle)
                        return
                    await settle()
            except asyncio.CancelledError:
                # All of them: a canceled claim may still have begun any.
                await execution.hand_back(token, waiting)
                raise
            waiting.difference_update(claim.prediction.id for claim in claimed)
        yield partial(self.work.unknown, waiting)

    async def _claim(
        self, lease: Lease, token: UUID, ids: Collection[PredictionId], retries: bool
    ) -> Sequence[Claimed]:
        """As many of these as one claim takes."""
        terms = ClaimTerms(
            token=token,
            lease=self.limits.lease,
            retries=retries,
            most_rows=self.limits.max_batch_rows,
            most_bytes=self.limits.max_batch_bytes,
        )
        async with lease.handed_back_in_an_outage(ids):
            return await self.work.claim(ids, terms)

    def _execution(self) -> Execution:
        return Execution(
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


async def _settled(settle: Callable[[], Awaitable[None]]) -> Collection[PredictionId]:
    """Settle what was claimed: the books have all of it."""
    await settle()
    return ()
