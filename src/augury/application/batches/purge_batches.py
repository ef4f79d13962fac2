from dataclasses import dataclass

from augury.application.batches.ports import Batches, BatchStore
from augury.application.limits import Limits
from augury.domain.identifiers import BatchId

BATCHES_AT_ONCE = 100
OBJECTS_AT_ONCE = 100
"""Objects that one call of the store deletes, so that no statement runs for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeBatches:
    """Delete the rows and answers of batches that ended a while ago. What they cost stays in the books."""

    batches: Batches
    store: BatchStore
    limits: Limits

    async def __call__(self) -> int:
        """The number of batches that were purged."""
        purged = 0
        while found := await self.batches.outdated(keep=self.limits.keep_batches, limit=BATCHES_AT_ONCE):
            for each in found:
                await self._purge(each)
            purged += len(found)
        return purged

    async def _purge(self, batch_id: BatchId) -> None:
        while await self.store.delete(batch_id, at_most=OBJECTS_AT_ONCE) == OBJECTS_AT_ONCE:
            pass
        await self.batches.purged(batch_id)
