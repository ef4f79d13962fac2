"""Follow an uploaded model file: the current state of its check, then each change until it is ready or
refused."""

from collections.abc import Mapping, Sequence

from augury.application.models.ports.uploads import ModelUploads
from augury.concurrency.streams import StateStream
from augury.concurrency.watches import Watches
from augury.domain.model import ModelNotFound, ModelRef, ModelState
from augury.domain.model_upload import ModelUpload


class FollowUpload:
    """Send each change of a model file's check. One query reads all followed files that are due."""

    def __init__(self, uploads: ModelUploads) -> None:
        self._uploads = uploads
        self._watches: Watches[ModelRef, ModelUpload] = Watches(
            self._read,
            doing="reading checked model files",
            is_last=lambda upload: upload.state is not ModelState.CHECKING,
        )

    async def __call__(self, ref: ModelRef) -> StateStream[ModelUpload]:
        """Raises `ModelNotFound` if no file was uploaded for this version. The caller must close the
        stream."""
        return await self._watches.stream(ref, lambda: self._now(ref))

    async def look(self) -> None:
        """Watch for changes until canceled."""
        await self._watches.look()

    def stop(self) -> None:
        """End all streams."""
        self._watches.stop()

    async def _now(self, ref: ModelRef) -> ModelUpload:
        upload = await self._uploads.get(ref)
        if upload is None:
            raise ModelNotFound(model=str(ref))
        return upload

    async def _read(self, refs: Sequence[ModelRef]) -> Mapping[ModelRef, ModelUpload]:
        return {each.ref: each for each in await self._uploads.several(refs)}
