from collections.abc import Sequence
from dataclasses import dataclass

from augury.application.batches.ports import Batches, OpenBatchBooks, StoredBatch
from augury.application.ports import Clock
from augury.application.ports.counters import Counters
from augury.application.predictions.ports.events import Ended, Events
from augury.application.retrying import retried
from augury.domain.identifiers import BatchId, UserId
from augury.domain.prediction import Prediction

AT_ONCE = 500
"""Slices that one transaction cancels, so that none holds its locks for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBatch:
    """Cancel the slices of a batch that no worker has started; their credits come back. Running slices are
    finished, and charged."""

    batches: Batches
    books: OpenBatchBooks
    events: Events
    clock: Clock
    counters: Counters

    async def __call__(self, *, user_id: UserId, batch_id: BatchId) -> StoredBatch:
        """Raises `BatchNotFound`, and `BatchEnded` if all of its slices have ended."""
        (await self.batches.get(batch_id, owner=user_id)).progress.require_unfinished()
        while canceled := await retried(lambda: self._cancel(batch_id)):
            self.counters.ended(canceled)
            await self.events.finished([Ended(each.id, each.user_id, each.status) for each in canceled])
        await self.batches.close([batch_id])
        return await self.batches.get(batch_id, owner=user_id)

    async def _cancel(self, batch_id: BatchId) -> Sequence[Prediction]:
        async with self.books() as books:
            queued = await books.queued_slices(batch_id, limit=AT_ONCE)
            canceled = [each.cancel(at=self.clock.now()) for each in queued]
            if canceled:
                await books.record(
                    changed=canceled,
                    transfers=[transfer for each in canceled for transfer in each.settlement()],
                )
        return canceled
