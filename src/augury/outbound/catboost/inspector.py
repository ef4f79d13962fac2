"""Opens a model file first in a separate process, because a crafted file can crash the process."""

import asyncio
import math
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectorSettings:
    """The limits of the separate process that opens a new model file."""

    timeout: timedelta = timedelta(seconds=60)
    """How long opening a new model file may take."""
    memory: int = 4 << 30
    """Bytes of address space of the process that opens a new model file. It needs a few times the file's
    size."""
    threads: int = 1
    """Processors that opening a new model file may use."""

    def __post_init__(self) -> None:
        if self.timeout <= timedelta(0) or min(self.memory, self.threads) < 1:
            raise ValueError("timeout must be above 0, memory and threads at least 1")


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The child's output: either of the two."""

    facts: ModelFacts | None = None
    refused: str | None = None


class CatBoostInspector(ModelInspector):
    """Opens files in a child process with limits on its time, memory and processors."""

    def __init__(self, settings: InspectorSettings | None = None) -> None:
        self._settings = settings or InspectorSettings()

    @override
    async def inspect(self, file: Path) -> ModelFacts:
        seconds = math.ceil(self._settings.timeout.total_seconds())
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", _PROGRAM, str(file)),
            *(str(self._settings.memory), str(seconds), str(self._settings.threads)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
        )
        try:
            async with asyncio.timeout(self._settings.timeout.total_seconds()):
                printed, complaints = await process.communicate()
        except TimeoutError as error:
            raise ModelRefused(reason=f"opening it took longer than {seconds} seconds") from error
        finally:
            await _end(process)
        if process.returncode != 0:
            raise ModelRefused(reason=_why(process.returncode, complaints))
        return _facts(printed)


def _environment() -> dict[str, str]:
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")  # of what is imported
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
