"""An uploaded file is checked once, and becomes the version that it was promised, or says why not."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from typing_extensions import override

from augury.application.models.model_receipt import ReceivedFile
from augury.application.models.ports.uploads import ModelInspector
from augury.application.ports import Unavailable
from augury.domain.audit import Act
from augury.domain.model import Model, ModelRef, ModelState
from augury.domain.model_facts import ModelFacts
from augury.domain.model_upload import CheckStage, ModelUpload, UploadTerms
from augury.outbound.memory.model_uploads import MemoryModelUploads
from tests.hexagon import Hexagon, a_model
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


async def sent(hexagon: Hexagon, content: bytes = FILE) -> ModelUpload | Model:
    async with hexagon.receive_model("churn") as receipt:
        await hexagon.model_files.put(receipt.file_id, 0, content)
        file = ReceivedFile(receipt=receipt, sha256=sha256(content).hexdigest(), size=len(content))
        return await hexagon.receive_model.whole(file, "churn", terms=UploadTerms())


class OneMissed(MemoryModelUploads):
    """The worker is killed before it can record the end of the check."""

    @override
    async def record(self, upload: ModelUpload) -> bool:
        raise Unavailable("away")


async def test_a_worker_that_checks_again_what_was_added_says_why_it_is_not_active(hexagon: Hexagon) -> None:
    await hexagon.models.add(a_model("churn"))
    upload = await sent(hexagon)
    with pytest.raises(Unavailable):
        await replace(hexagon.check_model, uploads=OneMissed(hexagon.memory))()
    hexagon.clock.advance(2 * hexagon.limits.lease)

    done = await hexagon.check_model()

    assert done is not None
    assert (done.ref, done.state) == (upload.ref, ModelState.READY)
    assert str(done.reason).startswith("it is not active, because it needs age")
    assert len(await hexagon.models.versions("churn")) == 2


async def test_a_file_that_became_another_version_during_its_check_is_refused(
    hexagon: Hexagon, tmp_path: Path
) -> None:
    upload = await sent(hexagon)
    file = tmp_path / "churn.cbm"
    file.write_bytes(FILE)
    other = await hexagon.register_model(file=file, name="churn", row_price=5)
    assert (upload.ref, other.model.ref) == (ModelRef("churn", 1), ModelRef("churn", 2))

    done = await hexagon.check_model()

    assert done is not None
    assert (done.state, str(done.reason)) == (ModelState.REFUSED, "churn@2 already has this file")
    assert [each.row_price for each in await hexagon.models.versions("churn")] == [5]


async def test_a_file_that_is_sent_twice_at_once_is_checked_once(
    hexagon: Hexagon, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = MemoryModelUploads.add
    first: list[ModelUpload | Model] = []

    async def overtaken(self: MemoryModelUploads, upload: ModelUpload, *, act: Act | None = None) -> None:
        monkeypatch.setattr(MemoryModelUploads, "add", original)
        first.append(await sent(hexagon))
        await original(self, upload, act=act)

    monkeypatch.setattr(MemoryModelUploads, "add", overtaken)

    second = await sent(hexagon)

    assert [second] == first
    assert isinstance(second, ModelUpload)
    assert list(hexagon.model_files.stored) == [second.file_id], "the other copy is not needed"
    assert await hexagon.models.last_version("churn") == 1


async def test_a_lease_is_renewed_again_after_the_books_were_away(hexagon: Hexagon) -> None:
    await sent(hexagon)
    uploads = Away(hexagon.memory)

    done = await replace(
        hexagon.check_model,
        uploads=uploads,
        inspector=Slow(hexagon.check_model.inspector, uploads.kept),
        limits=replace(hexagon.limits, lease=timedelta(seconds=1)),
    )()

    assert done is not None
    assert done.state is ModelState.READY
