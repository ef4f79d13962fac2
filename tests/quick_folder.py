"""Folders for the servers of a test run, in memory if it has room: they write much that nobody keeps.

A new database costs 20 ms of CPU time there, and 200 to 300 on a busy disk.
"""

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes that must be free there, and in the machine's memory. A server and its log take up to one GB."""


def quick_folder(prefix: str) -> Path:
    """A new folder, which the caller removes. What killed runs have left in memory is removed first."""
    if not os.access(IN_MEMORY, os.W_OK):
        return Path(tempfile.mkdtemp(prefix=prefix))
    for left in IN_MEMORY.glob(f"{prefix}*"):
        pid = left.name.removeprefix(prefix).partition("-")[0]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(left, ignore_errors=True)
    runs_no_programs = os.statvfs(IN_MEMORY).f_flag & os.ST_NOEXEC
    if runs_no_programs or min(shutil.disk_usage(IN_MEMORY).free, _free_memory()) < ROOM:
        return Path(tempfile.mkdtemp(prefix=prefix))
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=IN_MEMORY))


def _free_memory() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
