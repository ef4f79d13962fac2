from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from typing_extensions import override

from augury.application.models.ports.uploads import ModelFiles
from augury.domain import retention
from augury.domain.identifiers import ModelFileId
from augury.domain.model import ModelState
from augury.outbound.memory.memory import Memory


@dataclass(frozen=True, slots=True)
class StoredFile:
    received_at: datetime
    pieces: dict[int, bytes] = field(default_factory=dict)
    sha256: str | None = None


class MemoryModelFiles(ModelFiles):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.stored: dict[ModelFileId, StoredFile] = {}

    @override
    async def begin(self, file_id: ModelFileId) -> None:
        self.stored[file_id] = StoredFile(self._memory.now())

    @override
    async def put(self, file_id: ModelFileId, number: int, content: bytes) -> None:
        self.stored[file_id].pieces[number] = content

    @override
    async def whole(self, file_id: ModelFileId, *, sha256: str, size: int) -> None:
        self.stored[file_id] = replace(self.stored[file_id], sha256=sha256, received_at=self._memory.now())

    @override
    async def find(self, sha256: str) -> ModelFileId | None:
        return next((file_id for file_id, each in self.stored.items() if each.sha256 == sha256), None)

    @override
    async def piece(self, file_id: ModelFileId, number: int) -> bytes:
        stored = self.stored.get(file_id)
        return stored.pieces.get(number, b"") if stored else b""

    @override
    async def delete(self, file_id: ModelFileId) -> None:
        self.stored.pop(file_id, None)

    @override
    async def unneeded(self, *, limit: int) -> Sequence[ModelFileId]:
        state, now = self._memory.state, self._memory.now()
        needed = {each.sha256 for each in state.models.values()}
        needed |= {
            each.upload.sha256
            for each in state.model_uploads.values()
            if each.upload.state is ModelState.CHECKING
        }
        unfinished = [
            each.training for each in state.model_trainings.values() if not each.training.state.is_final
        ]
        tables = {each.table_id for each in unfinished}
        needed |= {each.model_sha256 for each in unfinished if each.model_sha256}
        return [
            file_id
            for file_id, each in self.stored.items()
            if (
                each.sha256 is None
                and file_id not in tables
                and each.received_at < now - retention.INCOMPLETE_FILES
            )
            or (
                each.sha256 is not None
                and each.sha256 not in needed
                and each.received_at < now - retention.UNNEEDED_MODEL_FILES
            )
        ][:limit]
