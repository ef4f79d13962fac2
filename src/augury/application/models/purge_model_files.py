from dataclasses import dataclass
from datetime import timedelta

from augury.application.models.ports.uploads import ModelFiles, ModelUploads

FILES_AT_ONCE = 100
KEEP_REFUSED = timedelta(days=7)
"""How long the reason of a refusal is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeModelFiles:
    """Delete received files that no version needs, and old refusals."""

    files: ModelFiles
    uploads: ModelUploads

    async def __call__(self) -> int:
        """The number of files that were deleted."""
        await self.uploads.forget_refused(keep=KEEP_REFUSED)
        purged = 0
        while found := await self.files.unneeded(limit=FILES_AT_ONCE):
            for each in found:
                await self.files.delete(each)
            purged += len(found)
        return purged
