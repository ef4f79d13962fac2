"""Temporary folders of processes that were killed are deleted, and no others."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from augury.concurrency.held_folder import HeldFolder, delete_leftovers

HOLDS = """
import sys
from augury.concurrency.held_folder import HeldFolder
folder = HeldFolder("augury-a-")
(folder.path / "table").write_text("1")
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_process_held_is_deleted_and_what_a_living_one_holds_stays(temporary: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"TMPDIR": str(temporary), "PYTHONPATH": ":".join(sys.path)},
    ) as process:
        try:
            assert process.stdout is not None
            left = Path(process.stdout.readline().strip())
            assert delete_leftovers("augury-a-") == 0
            assert (left / "table").exists(), "its process lives"
        finally:
            process.kill()
    with HeldFolder("augury-a-") as held:
        assert not left.exists()
        assert delete_leftovers("augury-a-") == 0
        assert held.path.is_dir()
    assert list(temporary.iterdir()) == []


def test_links_files_and_folders_with_another_name_are_left_alone(temporary: Path) -> None:
    other = temporary / "other"
    other.mkdir()
    (temporary / "augury-a-link").symlink_to(other)
    (temporary / "augury-a-file").write_text("1")
    (temporary / "augury-b-folder").mkdir()
    (temporary / "augury-a-folder").mkdir()

    assert delete_leftovers("augury-a-") == 1

    assert sorted(each.name for each in temporary.iterdir()) == [
        *("augury-a-file", "augury-a-link", "augury-b-folder", "other"),
    ]
