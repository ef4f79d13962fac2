from dataclasses import dataclass

from augury.application.batches.erasing import erase
from augury.application.batches.ports import Batches, BatchStore
from augury.application.limits import Limits

BATCHES_AT_ONCE = 100


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
                await erase(each, batches=self.batches, store=self.store)
            purged += len(found)
        return purged
