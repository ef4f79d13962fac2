"""Receive a model file piece by piece. Once it is complete, a worker checks it."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial

from augury.application.models.acts import act_on
from augury.application.models.model_receipt import ModelReceipt, ReceivedFile, receiving
from augury.application.models.offering import completed
from augury.application.models.ports.models import Models
from augury.application.models.ports.uploads import ModelFiles, ModelUploads
from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.domain.audit import Action, Author, act_of
from augury.domain.model import Model, ModelRef
from augury.domain.model_upload import EmptyModelFile, ModelUpload, UploadTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveModel:
    """Take a trained model file (`.cbm`) to become the next version of its name. A worker opens it a moment
    later, in a separate process."""

    models: Models
    files: ModelFiles
    uploads: ModelUploads
    clock: Clock

    def __call__(self, name: str) -> AbstractAsyncContextManager[ModelReceipt]:
        """Raises `InvalidModelName`. The caller stores the pieces in `files` while the block runs, and then
        calls `whole`."""
        return receiving(self.files, name)

    async def whole(
        self,
        file: ReceivedFile,
        name: str,
        *,
        terms: UploadTerms,
        author: Author | None = None,
    ) -> ModelUpload | Model:
        """Call this when all pieces are stored. Returns the upload that a worker will check. If a version
        already has this file, returns that version after applying the given terms.

        Raises `ChecksumMismatch`, `EmptyModelFile`, and `UnfitForModel` if the file itself says how to read
        its answer.
        """
        file.require_sound(empty=EmptyModelFile)
        return await retried(lambda: self._received(file, name, terms, author))

    async def _received(
        self, file: ReceivedFile, name: str, terms: UploadTerms, author: Author | None
    ) -> ModelUpload | Model:
        same = [each for each in await self.models.versions(name) if each.sha256 == file.sha256]
        if same:
            stored = await self.files.find(file.sha256)
            if stored is None:  # this may replace a lost file
                await self._keep(file)
            else:  # an attempt before may have kept it
                file.receipt.kept = stored == file.receipt.file_id
            act = act_on(author, Action.UPLOAD_MODEL)
            return await self.models.change(same[-1].ref, partial(_told, terms), act=act)
        if under_way := await self.uploads.checking(name, file.sha256):
            file.receipt.kept = under_way.file_id == file.receipt.file_id
            return under_way
        await self._keep(file)
        return await self._add(file, name, terms, author)

    async def _keep(self, file: ReceivedFile) -> None:
        await self.files.whole(file.receipt.file_id, sha256=file.sha256, size=file.size)
        file.receipt.kept = True

    async def _add(
        self, file: ReceivedFile, name: str, terms: UploadTerms, author: Author | None
    ) -> ModelUpload:
        upload = ModelUpload(
            ref=ModelRef(name, await self.models.last_version(name) + 1),
            file_id=file.receipt.file_id,
            sha256=file.sha256,
            size=file.size,
            terms=terms,
            created_at=self.clock.now(),
        )
        act = act_of(
            author,
            Action.UPLOAD_MODEL,
            f"model:{upload.ref}",
            after={"sha256": file.sha256, "size": file.size, "activate": terms.activate},
        )
        await self.uploads.add(upload, act=act)
        return upload


def _told(terms: UploadTerms, model: Model) -> Model:
    return replace(terms.priced(model), facts=completed(model.facts, read_as=terms.read_as))
