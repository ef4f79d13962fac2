import asyncio
import hashlib
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from augury.application.models.ports.models import ModelUnavailable
from augury.application.ports import Unavailable
from augury.outbound.model_store import FolderModelStore

CONTENT = b"a model, as far as the store can tell" * 100_000  # more than one chunk of a copy
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models"


@pytest.fixture
def store(folder: Path) -> FolderModelStore:
    return FolderModelStore(folder)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "model.cbm"
    file.write_bytes(CONTENT)
    return file


async def test_a_file_is_found_again_by_its_sha256(store: FolderModelStore, file: Path) -> None:
    sha256 = await store.put(file)

    assert sha256 == SHA256
    assert (await store.path(sha256)).read_bytes() == CONTENT


async def test_the_store_keeps_a_copy_of_its_own(store: FolderModelStore, file: Path) -> None:
    sha256 = await store.put(file)
    file.unlink()

    assert (await store.path(sha256)).read_bytes() == CONTENT


async def test_another_process_on_the_same_folder_finds_the_file(
    store: FolderModelStore, folder: Path, file: Path
) -> None:
    sha256 = await store.put(file)

    assert (await FolderModelStore(folder).path(sha256)).read_bytes() == CONTENT


async def test_a_file_that_was_put_twice_is_kept_once(
    store: FolderModelStore, folder: Path, file: Path
) -> None:
    assert len(set(await asyncio.gather(*(store.put(file) for _ in range(5))))) == 1

    assert [kept.name for kept in folder.iterdir()] == [f"{SHA256}.cbm"]


async def test_every_worker_may_read_the_file_and_only_the_owner_write_it(
    store: FolderModelStore, file: Path
) -> None:
    path = await store.path(await store.put(file))

    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("damage", [CONTENT[:-1], CONTENT + b"!", b"", b"X" + CONTENT[1:]])
async def test_a_changed_or_truncated_file_is_refused(
    store: FolderModelStore, file: Path, damage: bytes
) -> None:
    path = await store.path(await store.put(file))
    path.write_bytes(damage)

    with pytest.raises(ModelUnavailable, match="was changed"):
        await store.path(SHA256)


async def test_putting_the_file_again_mends_a_damaged_copy(store: FolderModelStore, file: Path) -> None:
    path = await store.path(await store.put(file))
    path.write_bytes(b"damaged")

    await store.put(file)

    assert (await store.path(SHA256)).read_bytes() == CONTENT


async def test_a_missing_file_is_unavailable(store: FolderModelStore) -> None:
    with pytest.raises(ModelUnavailable, match="No such file"):
        await store.path(SHA256)


@pytest.mark.parametrize("sha256", ["", "model", SHA256.upper(), SHA256[:-1], f"../{SHA256}", f"{SHA256}\n"])
async def test_what_is_no_sha256_reaches_no_file(store: FolderModelStore, file: Path, sha256: str) -> None:
    await store.put(file)

    with pytest.raises(ModelUnavailable, match="is not the name of a model file"):
        await store.path(sha256)


async def test_a_file_that_cannot_be_read_leaves_nothing_behind(
    store: FolderModelStore, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable, match="No such file"):
        await store.put(tmp_path / "missing.cbm")
    with pytest.raises(Unavailable):
        await store.put(tmp_path)  # a folder can perhaps be opened, but never read

    assert list(folder.glob("*")) == []


async def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path, file: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")

    with pytest.raises(Unavailable, match="model folder"):
        await FolderModelStore(tmp_path / "taken").put(file)


def test_the_store_is_used_without_loading_catboost() -> None:
    code = "import sys, augury.outbound.model_store; print('catboost' in sys.modules)"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "False"
