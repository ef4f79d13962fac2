from dataclasses import dataclass

from augury.application.limits import Limits
from augury.application.models.ports.trainings import ModelTrainings
from augury.application.models.ports.uploads import ModelFiles

TRAININGS_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeTrainings:
    """Delete trainings that ended long ago. Their models stay."""

    trainings: ModelTrainings
    files: ModelFiles
    limits: Limits

    async def __call__(self) -> int:
        """The number of trainings that were deleted."""
        purged = 0
        while found := await self.trainings.expired(keep=self.limits.keep_trainings, limit=TRAININGS_AT_ONCE):
            for each in found:  # the worker that ended it may have been killed before it deleted the table
                await self.files.delete(each.table_id)
            await self.trainings.delete([each.id for each in found])
            purged += len(found)
        return purged
