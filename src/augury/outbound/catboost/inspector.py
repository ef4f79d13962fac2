"""Opens a model file first in a separate process, because a crafted file can crash the process."""

import asyncio
import math
import signal
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import msgspec
from typing_extensions import override

from augury.application.models.ports.uploads import ModelInspector
from augury.domain.model import ModelRefused
from augury.domain.model_facts import ModelFacts
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.outbound.child_process import end, environment, last_complaint

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
    """The child's output. One of the two fields is set."""

    facts: ModelFacts | None = None
    refused: Reason | None = None


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
            raise ModelRefused(reason=Reason.of(ReasonCode.TOO_SLOW, seconds=seconds)) from error
        finally:
            await end(process)
        if process.returncode != 0:
            raise ModelRefused(reason=_why_it_ended(process.returncode, complaints))
        return _facts(printed)


def _facts(printed: bytes) -> ModelFacts:
    try:
        verdict = msgspec.json.decode(printed, type=Verdict)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ModelRefused(reason=Reason.of(ReasonCode.FACTS_UNREADABLE, error=str(error))) from error
    if verdict.facts is None:
        raise ModelRefused(reason=_sound(verdict.refused))
    unexplained = verdict.facts.unexplained
    return replace(verdict.facts, unexplained=_sound(unexplained) if unexplained else None)


def _sound(reason: Reason | None) -> Reason:
    """The child's reason, with bounded values. The file may have made the child say anything."""
    try:
        if reason is not None:
            str(reason)  # raises if a value is missing
            return Reason.of(reason.code, map(_sound, reason.parts), **reason.values)
    except (LookupError, ValueError, TypeError) as error:
        return Reason.of(ReasonCode.FACTS_UNREADABLE, error=repr(error))
    return Reason.of(ReasonCode.FACTS_UNREADABLE, error="no reason was given")


def _why_it_ended(returncode: int | None, complaints: bytes) -> Reason:
    if returncode is not None and returncode < 0:
        return Reason.of(ReasonCode.KILLED_PROCESS, signal=signal.Signals(-returncode).name)
    return Reason.of(ReasonCode.FAILED_PROCESS, error=last_complaint(complaints))
