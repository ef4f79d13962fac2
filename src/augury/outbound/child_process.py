"""Child processes with limits, for work that could harm this process."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

# A process that handles untrusted files gets none of our secrets in its environment.
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "LANG", "LC_ALL")


def environment() -> dict[str, str]:
    """The environment of a child process."""
    # Otherwise libraries that are imported start a thread for each processor.
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | threads


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill the child if it still runs, for example because the caller was canceled."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def last_complaint(complaints: bytes) -> str:
    """The last line that a child printed to its standard error."""
    return complaints.decode(errors="replace").strip().rpartition("\n")[2] or "no reason was given"


def limit_memory(most_bytes: int) -> None:
    """Limit the address space of this process."""
    if sys.platform == "linux":  # other systems do not enforce the limit, or refuse it
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_processors(seconds: int, threads: int) -> None:
    """Limit this process to some processors, and to some seconds of CPU time on each. If memory runs out, the
    kernel kills this process first, not the worker."""
    if sys.platform == "linux":
        import resource

        own = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, own[:threads])
        spent = seconds * min(threads, len(own))
        resource.setrlimit(resource.RLIMIT_CPU, (spent, spent))
        with suppress(OSError):  # where /proc is read-only
            Path("/proc/self/oom_score_adj").write_text("1000")
