import hashlib
from pathlib import Path

import pytest

from augury.application.models.ports.models import ModelStore, ModelUnavailable
from augury.outbound.memory.model_store import MemoryModelStore
from augury.outbound.model_store import FolderModelStore


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ModelStore:
    return MemoryModelStore() if request.param == "memory" else FolderModelStore(tmp_path / "models")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.cbm"
    path.write_bytes(b"a model")
    return path


async def test_a_file_is_found_again_by_what_is_in_it(store: ModelStore, file: Path) -> None:
    sha256 = await store.put(file)

    assert sha256 == hashlib.sha256(b"a model").hexdigest()
    assert (await store.path(sha256)).read_bytes() == b"a model"


async def test_a_file_may_be_put_twice(store: ModelStore, file: Path) -> None:
    assert await store.put(file) == await store.put(file)


@pytest.mark.parametrize("sha256", ["0" * 64, "", "../model.cbm", "a\x00b", "é"])
async def test_a_file_that_was_never_put_is_unavailable(store: ModelStore, sha256: str) -> None:
    with pytest.raises(ModelUnavailable):
        await store.path(sha256)


async def test_a_file_that_was_changed_is_unavailable(store: ModelStore, file: Path) -> None:
    sha256 = await store.put(file)
    (await store.path(sha256)).write_bytes(b"another model")

    with pytest.raises(ModelUnavailable):
        await store.path(sha256)


async def test_a_file_that_is_gone_is_unavailable(store: ModelStore, file: Path) -> None:
    sha256 = await store.put(file)
    (await store.path(sha256)).unlink()

    with pytest.raises(ModelUnavailable):
        await store.path(sha256)
