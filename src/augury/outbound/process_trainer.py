"""Trains a model in a separate process with limits, which yields to everything else on the machine."""

import asyncio
import math
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
from typing_extensions import override

from augury.application.models.ports.trainings import (
    ModelTrainer,
    TableRefused,
    TrainingCanceled,
    TrainingFailed,
    TrainingWatch,
)
from augury.application.ports import Unavailable
from augury.concurrency.held_folder import HeldFolder, delete_leftovers
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import Plan
from augury.outbound.child_process import end, environment, last_complaint

PREFIX = "augury-table-"
"""The beginning of the folders' names. Earlier releases, which did not lock their folders, used another."""
LONGEST_LINE = 1 << 22
"""The most bytes of a report."""
MOST_FOUND = 1_000
"""Findings in the table that are kept."""
FACTOR, ALLOWANCE = 2, 300
"""A training may take `FACTOR` times the time limit of its plan, and `ALLOWANCE` seconds to read the
table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerSettings:
    """The limits of the process that trains a model from a table that was sent."""

    threads: int = 1
    """Threads of a training. A worker trains one model at a time. 0: this worker trains none."""
    memory: int = 4 << 30
    """Bytes of address space of the process that trains a model. It needs about 1 GB, and some 30 times the
    table's size."""

    def __post_init__(self) -> None:
        if self.memory < 1:
            raise ValueError("memory must be at least 1")


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line of the child's output. One of the fields is set."""

    step: tuple[int, int] | None = None
    """The number of steps done and of all steps."""
    found: Reason | None = None
    refused: Reason | None = None
    saved: bool = False
    """The model is in its file."""


class TrainingOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of the child's input. Any further line tells it to stop."""

    table: str
    saved: str
    plan: dict[str, object]
    threads: int
    memory: int
    seconds: int
    """CPU seconds on each thread."""


class ProcessTrainer(ModelTrainer):
    def __init__(self, settings: TrainerSettings, program: str) -> None:
        """`program` is the child's module by name: this process itself must not load CatBoost."""
        self._settings = settings
        self._program = program

    @override
    @asynccontextmanager
    async def train(
        self, table: AsyncIterator[bytes], name: str, plan: Plan, watch: TrainingWatch
    ) -> AsyncIterator[Path]:
        with await asyncio.to_thread(_folder) as folder:
            file, saved = folder.path / f"{name}.table", folder.path / f"{name}.cbm"
            await _write(file, table)
            await self._trained(self._order(file, saved, plan), watch)
            yield saved

    @override
    async def clear(self) -> int:
        return await asyncio.to_thread(delete_leftovers, PREFIX)

    def _order(self, file: Path, saved: Path, plan: Plan) -> TrainingOrder:
        return TrainingOrder(
            table=str(file),
            saved=str(saved),
            plan=plan.settings,
            threads=self._settings.threads,
            memory=self._settings.memory,
            seconds=math.ceil(FACTOR * plan.time_limit.total_seconds()) + ALLOWANCE,
        )

    async def _trained(self, order: TrainingOrder, watch: TrainingWatch) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", self._program),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=environment(),
            limit=LONGEST_LINE,
        )
        killed = asyncio.Event()
        sending = asyncio.create_task(_send_order(process, order, watch, killed))
        try:
            async with asyncio.timeout(order.seconds):
                last, complaints = await asyncio.gather(_read_reports(process, watch), _tail(process))
                await process.wait()
        except TimeoutError as error:
            raise TrainingFailed(Reason.of(ReasonCode.TRAINING_SLOW, seconds=order.seconds)) from error
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await end(process)
        if last.refused is not None:
            raise TableRefused(last.refused)
        if not last.saved or process.returncode != 0:
            if killed.is_set():
                raise TrainingCanceled
            raise TrainingFailed(_why_it_ended(process.returncode, complaints))


def _folder() -> HeldFolder:
    """Raises `Unavailable`."""
    try:
        return HeldFolder(PREFIX)
    except OSError as error:
        raise Unavailable(f"the folder of temporary files: {error}") from error


async def _write(file: Path, pieces: AsyncIterator[bytes]) -> None:
    """Raises `Unavailable`."""
    try:
        with file.open("wb") as opened:  # the writes are in threads
            async for piece in pieces:
                await asyncio.to_thread(opened.write, piece)
    except OSError as error:
        raise Unavailable(f"the folder of temporary files: {error}") from error


async def _send_order(
    process: Process, order: TrainingOrder, watch: TrainingWatch, killed: asyncio.Event
) -> None:
    """Send the order. When the training has to stop, send another line, or before the first tree, kill the
    process and set `killed`. The report of the first tree may then still arrive."""
    assert process.stdin is not None
    with suppress(ConnectionError):
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        await process.stdin.drain()
        await watch.stop.wait()
        if not watch.done:
            killed.set()
            process.kill()
        process.stdin.write(b"stop\n")
        await process.stdin.drain()
    # Keep the input open until this task is canceled: its end would end the child.
    await asyncio.Event().wait()


async def _read_reports(process: Process, watch: TrainingWatch) -> Report:
    """Pass the reports on to the watch. Returns the last one."""
    assert process.stdout is not None
    last = Report()
    async for line in process.stdout:
        try:
            last = msgspec.json.decode(line, type=Report)
        except msgspec.MsgspecError as error:
            raise TrainingFailed(Reason.of(ReasonCode.TRAINING_REPORT, error=str(error))) from error
        if last.step is not None:
            watch.done, watch.total = last.step
        if last.found is not None and len(watch.found) < MOST_FOUND:
            watch.found.append(last.found)
    return last


async def _tail(process: Process) -> bytes:
    """The last 4 KiB of the process's standard error."""
    assert process.stderr is not None
    tail = b""
    while chunk := await process.stderr.read(1 << 16):
        tail = (tail + chunk)[-4_096:]
    return tail


def _why_it_ended(returncode: int | None, complaints: bytes) -> Reason:
    if returncode is not None and returncode < 0:
        return Reason.of(ReasonCode.TRAINING_KILLED, signal=signal.Signals(-returncode).name)
    return Reason.of(ReasonCode.TRAINING_FAILED, error=last_complaint(complaints))
