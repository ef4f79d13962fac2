"""Opens a model file first in a separate process, because a crafted file can crash the process."""

import asyncio
import math
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
from typing_extensions import override

from augury.application.models.ports import ModelInspector
from augury.domain.model import ModelRefused
from augury.domain.model_facts import ModelFacts
from augury.outbound.child_process import end, environment, why_it_ended

_PROGRAM = "augury.outbound.catboost.child"  # by name: this process itself must not load CatBoost


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
            env=environment(),
        )
        try:
            async with asyncio.timeout(self._settings.timeout.total_seconds()):
                printed, complaints = await process.communicate()
        except TimeoutError as error:
            raise ModelRefused(reason=f"opening it took longer than {seconds} seconds") from error
        finally:
            await end(process)
        if process.returncode != 0:
            raise ModelRefused(reason=why_it_ended("opening it", process.returncode, complaints))
        return _facts(printed)


def _facts(printed: bytes) -> ModelFacts:
    try:
        verdict = msgspec.json.decode(printed, type=Verdict)
    except msgspec.MsgspecError as error:
        raise ModelRefused(reason=f"its facts cannot be read: {error}") from error
    if verdict.facts is None:
        raise ModelRefused(reason=verdict.refused or "no reason was given")
    return verdict.facts
