"""A worker keeps its lease on an uploaded file while it checks the file."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from typing_extensions import override

from augury.application.models.model_receipt import ReceivedFile
from augury.application.models.ports.uploads import ModelInspector
from augury.application.ports import Unavailable
from augury.domain.model import ModelState
from augury.domain.model_facts import ModelFacts
from augury.domain.model_upload import CheckStage, ModelUpload, UploadTerms
from augury.outbound.memory.model_uploads import MemoryModelUploads
from tests.hexagon import Hexagon
from tests.patience import patience

FILE = json.dumps({"features": {"age": "numeric"}}).encode()


@dataclass(frozen=True, slots=True)
class Away(MemoryModelUploads):
    """Cannot be reached at the first renewal of a lease while the file is opened."""

    opening: list[bool] = field(default_factory=list)
    kept: asyncio.Event = field(default_factory=asyncio.Event)

    @override
    async def keep(self, upload: ModelUpload, stage: CheckStage, *, lease: timedelta) -> bool:
        if stage is CheckStage.OPENING:
            self.opening.append(True)
            if len(self.opening) == 2:
                raise Unavailable("away")
            if len(self.opening) == 3:
                self.kept.set()
        return await MemoryModelUploads.keep(self, upload, stage, lease=lease)


@dataclass(frozen=True, slots=True)
class Slow(ModelInspector):
    """Opens the file only after the lease was renewed again."""

    inspector: ModelInspector
    kept: asyncio.Event

    @override
    async def inspect(self, file: Path) -> ModelFacts:
        async with asyncio.timeout(10 * patience()):
            await self.kept.wait()
        return await self.inspector.inspect(file)


async def test_a_lease_is_renewed_again_after_the_books_were_away(hexagon: Hexagon) -> None:
    async with hexagon.receive_model("churn") as receipt:
        await hexagon.model_files.put(receipt.file_id, 0, FILE)
        file = ReceivedFile(receipt=receipt, sha256=sha256(FILE).hexdigest(), size=len(FILE))
        await hexagon.receive_model.whole(file, "churn", terms=UploadTerms())
    uploads = Away(hexagon.memory)

    done = await replace(
        hexagon.check_model,
        uploads=uploads,
        inspector=Slow(hexagon.check_model.inspector, uploads.kept),
        limits=replace(hexagon.limits, lease=timedelta(seconds=1)),
    )()

    assert done is not None
    assert done.state is ModelState.READY
