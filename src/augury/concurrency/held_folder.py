"""Temporary folders that disappear even if their process is killed: a later process deletes what no living
process holds."""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self


class HeldFolder:
    """A temporary folder. The lock on it ends with this process, whatever ends it."""

    def __init__(self, prefix: str) -> None:
        """Also deletes the leftovers with this prefix. Raises `OSError`."""
        delete_leftovers(prefix)
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=prefix))
            self._descriptor = _opened(self.path)
            if _is_locked(self._descriptor) and self.path.exists():
                return
            os.close(self._descriptor)  # another process took it for a leftover before it was locked

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._descriptor)


def delete_leftovers(prefix: str) -> int:
    """Delete this user's temporary folders with the prefix that no living process holds. Returns their
    number."""
    deleted = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):  # it is gone, is not a folder, or belongs to somebody else
            descriptor = _opened(folder)
            try:
                if os.fstat(descriptor).st_uid == os.geteuid() and _is_locked(descriptor):
                    shutil.rmtree(folder)
                    deleted += 1
            finally:
                os.close(descriptor)
    return deleted


def _opened(folder: Path) -> int:
    """Never follows a link: others may write in the folder of temporary files."""
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)


def _is_locked(descriptor: int) -> bool:
    """Try to lock it. Returns whether this process now holds the lock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
