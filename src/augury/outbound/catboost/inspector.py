"""Opens a model file first in a separate process, because a crafted file can crash the process."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import msgspec
from typing_extensions import override

from augury.application.models.ports import ModelInspector
from augury.domain.model import ModelRefused
from augury.domain.model_facts import ModelFacts

_PROGRAM = "augury.outbound.catboost.child"  # by name: this process itself must not load CatBoost
# The process that opens an untrusted file gets none of our secrets in its environment.
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "LANG", "LC_ALL")


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The child's output: either of the two."""

    facts: ModelFacts | None = None
    refused: str | None = None


class CatBoostInspector(ModelInspector):
    """Opens files in a child process, which has `timeout` and `memory` bytes as limits."""

    def __init__(self, timeout: timedelta = timedelta(seconds=60), memory: int = 2 << 30) -> None:
        self._timeout = timeout
        self._memory = memory

    @override
    async def inspect(self, file: Path) -> ModelFacts:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", _PROGRAM, str(file), str(self._memory)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
        )
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                printed, complaints = await process.communicate()
        except TimeoutError as error:
            raise ModelRefused(reason=f"opening it took longer than {self._timeout}") from error
        finally:
            await _end(process)
        if process.returncode != 0:
            raise ModelRefused(reason=_why(process.returncode, complaints))
        return _facts(printed)


def _environment() -> dict[str, str]:
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | threads


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill the child if it still runs, such as after the caller was canceled."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _why(returncode: int | None, complaints: bytes) -> str:
    if returncode is not None and returncode < 0:
        return f"opening it ended the process ({signal.Signals(-returncode).name})"
    last = complaints.decode(errors="replace").strip().rpartition("\n")[2]
    return f"opening it failed: {last or 'no reason was given'}"


def _facts(printed: bytes) -> ModelFacts:
    try:
        verdict = msgspec.json.decode(printed, type=Verdict)
    except msgspec.MsgspecError as error:
        raise ModelRefused(reason=f"its facts cannot be read: {error}") from error
    if verdict.facts is None:
        raise ModelRefused(reason=verdict.refused or "no reason was given")
    return verdict.facts
