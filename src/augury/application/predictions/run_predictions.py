"""Begin by id, predict, settle: what a worker does with the predictions that a message names."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

from augury.application.predictions.execution import Execution
from augury.application.predictions.lease import Lease
from augury.application.predictions.ports.predictor import Turn
from augury.application.predictions.ports.work import Claimed, ClaimTerms
from augury.domain.identifiers import PredictionId


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPredictions:
    """Run predictions from the queue, and settle their price."""

    execution: Execution

    async def __call__(
        self, ids: Collection[PredictionId], *, retries: bool = False, turn: Turn = nullcontext
    ) -> Collection[PredictionId]:
        """Run these predictions until each is settled or cannot be claimed. Returns the ids that the books do
        not have. Each slice of a large one has its `turn`. Raises what `predicted` raises."""
        async with self.predicted(ids, retries=retries, turn=turn) as settle:
            return await settle()

    @asynccontextmanager
    async def predicted(
        self, ids: Collection[PredictionId], *, retries: bool = False, turn: Turn = nullcontext
    ) -> AsyncIterator[Callable[[], Awaitable[Collection[PredictionId]]]]:
        """Predict, and yield the call that settles and returns the ids that the books do not have. The next
        run may be predicted meanwhile.

        With `retries`, predictions that a worker began and did not finish are claimed and run again: pass
        them one by one. Without it, predictions that no worker has begun are run unclaimed: they stay queued
        until they are settled, unless that takes longer. While the books cannot be reached, it waits. After
        that, it hands back all predictions that it has not predicted, and raises `Unavailable`. It also
        raises `PredictTimedOut`. If canceled, it hands back predictions that it has begun but not settled.
        """
        waiting = set(ids)
        while waiting:
            token = uuid4()
            lease = Lease(self.execution.work, token, self.execution.limits.lease)
            try:
                claimed = await self._begin(lease, token, waiting, retries)
                if not claimed:
                    break
                async with self.execution.predicted(lease, token, claimed, turn=turn) as settle:
                    if len(claimed) == len(waiting):
                        yield partial(_settled, settle)
                        return
                    await settle()
            except asyncio.CancelledError:
                # All of them, because a canceled call may still have begun some.
                await self.execution.hand_back(token, waiting)
                raise
            waiting.difference_update(claim.prediction.id for claim in claimed)
        yield partial(self.execution.work.unknown, waiting)

    async def _begin(
        self, lease: Lease, token: UUID, ids: Collection[PredictionId], retries: bool
    ) -> Sequence[Claimed]:
        """As many of these as one call takes."""
        limits = self.execution.limits
        terms = ClaimTerms(
            token=token,
            lease=limits.lease,
            most_rows=limits.max_batch_rows,
            most_bytes=limits.max_batch_bytes,
            weights=self.execution.speeds.weights,
        )
        async with lease.handed_back_in_an_outage(ids):
            work = self.execution.work
            return await (work.claim if retries else work.begin)(ids, terms)


async def _settled(settle: Callable[[], Awaitable[None]]) -> Collection[PredictionId]:
    """Settle the predictions that were started. The books have all of them."""
    await settle()
    return ()
