from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from typing_extensions import override

from augury.application.models.ports.uploads import ModelUploads
from augury.application.ports import Conflict
from augury.domain.audit import Act
from augury.domain.model import ModelRef, ModelState
from augury.domain.model_upload import CheckStage, ModelUpload
from augury.outbound.memory.audit_log import note
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.records import UploadRecord


@dataclass(frozen=True, slots=True)
class MemoryModelUploads(ModelUploads):
    memory: Memory

    @override
    async def add(self, upload: ModelUpload, *, act: Act | None = None) -> None:
        async with self.memory.change() as state:
            if upload.ref in state.models or upload.ref in state.model_uploads or _is_known(state, upload):
                raise Conflict(f"{upload.ref} or its file already exists")
            state.model_uploads[upload.ref] = UploadRecord(upload, self.memory.now())
            note(state, self.memory.now(), act)

    @override
    async def get(self, ref: ModelRef) -> ModelUpload | None:
        record = self.memory.state.model_uploads.get(ref)
        return record.upload if record else None

    @override
    async def several(self, refs: Collection[ModelRef]) -> Sequence[ModelUpload]:
        known = self.memory.state.model_uploads
        return [known[each].upload for each in refs if each in known]

    @override
    async def all(self) -> Sequence[ModelUpload]:
        found = [each.upload for each in self.memory.state.model_uploads.values()]
        waiting = [each for each in found if each.state is not ModelState.READY]
        return sorted(waiting, key=lambda each: (each.ref.name, each.ref.version))

    @override
    async def checking(self, name: str, sha256: str) -> ModelUpload | None:
        for each in await self.all():
            if (each.ref.name, each.sha256, each.state) == (name, sha256, ModelState.CHECKING):
                return each
        return None

    @override
    async def take(self, *, lease: timedelta) -> ModelUpload | None:
        now = self.memory.now()
        async with self.memory.change() as state:
            due = [
                each
                for each in state.model_uploads.values()
                if each.upload.state is ModelState.CHECKING and each.due_at <= now
            ]
            if not due:
                return None
            found = min(due, key=lambda each: each.due_at).upload
            taken = found.begin()
            state.model_uploads[taken.ref] = UploadRecord(taken, now + lease)
        return taken

    @override
    async def keep(self, upload: ModelUpload, stage: CheckStage, *, lease: timedelta) -> bool:
        async with self.memory.change() as state:
            if mine := _mine(state, upload):
                kept = replace(mine, stage=stage)
                state.model_uploads[upload.ref] = UploadRecord(kept, self.memory.now() + lease)
        return mine is not None

    @override
    async def hand_back(self, upload: ModelUpload, *, pause: timedelta) -> None:
        async with self.memory.change() as state:
            if mine := _mine(state, upload):
                state.model_uploads[upload.ref] = UploadRecord(mine.hand_back(), self.memory.now() + pause)

    @override
    async def record(self, upload: ModelUpload) -> bool:
        async with self.memory.change() as state:
            if mine := _mine(state, upload):
                done = replace(mine, state=upload.state, reason=upload.reason)
                state.model_uploads[upload.ref] = UploadRecord(done, self.memory.now())
        return mine is not None

    @override
    async def forget_refused(self, *, keep: timedelta) -> None:
        oldest = self.memory.now() - keep
        async with self.memory.change() as state:
            for ref, each in list(state.model_uploads.items()):
                if each.upload.state is ModelState.REFUSED and each.due_at < oldest:
                    del state.model_uploads[ref]


def _is_known(state: State, upload: ModelUpload) -> bool:
    """Whether the file is already a version of the name, or is being checked to become one."""
    name, sha256 = upload.ref.name, upload.sha256
    sent = (each.upload for each in state.model_uploads.values())
    checked = [each.ref.name for each in sent if (each.sha256, each.state) == (sha256, ModelState.CHECKING)]
    return name in checked or any(
        (each.ref.name, each.sha256) == (name, sha256) for each in state.models.values()
    )


def _mine(state: State, upload: ModelUpload) -> ModelUpload | None:
    """The stored upload, if this attempt still owns it."""
    record = state.model_uploads.get(upload.ref)
    if record is None or record.upload.state is not ModelState.CHECKING:
        return None
    return record.upload if record.upload.attempts == upload.attempts else None
