"""Freezing of processes, which keep their memory and connections but do nothing."""

import os
import signal
import time
from pathlib import Path

from tests.patience import patience

FREEZES_WITHIN = 30


def freeze(pid: int) -> None:
    """Return when every thread of the process stands still. `kill` returns before: on a busy machine a thread
    can answer for some time after it. `SIGCONT` ends the state."""
    os.kill(pid, signal.SIGSTOP)
    end = time.monotonic() + FREEZES_WITHIN * patience()
    while not _stands_still(pid):
        if time.monotonic() > end:
            raise TimeoutError(f"process {pid} is not frozen")
        time.sleep(0.001)


def _stands_still(pid: int) -> bool:
    """Raises `FileNotFoundError` if the process is gone."""
    tasks = Path(f"/proc/{pid}/task")
    states = [_state(task / "stat") for task in tasks.iterdir()]
    return all(state in ("T", "Z", "X") for state in states)


def _state(stat: Path) -> str:
    """The letter after the name, which may hold spaces. "X", dead, if the thread ended meanwhile."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"
