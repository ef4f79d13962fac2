"""What a worker does with the tasks it is handed: first attempts fly together, later ones alone.

Plain asyncio: whoever hands over the tasks (RabbitMQ's consumer, the queue in the process) awaits `handle`.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from augury.application.ports import Unavailable
from augury.application.predictions.ports import Task, UnknownPredictions
from augury.application.predictions.run_batch import PredictTimedOut, RunBatch
from augury.concurrency.cancellation import was_canceled
from augury.concurrency.natural_batches import NaturalBatches
from augury.domain.identifiers import PredictionId

HANDING_BACK = 2.0
"""Seconds that the books may take to take back what is not finished when the worker stops."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    max_batch: int = 256
    """Predictions in one batch."""
    prefetch: int = 64
    """Messages that a worker holds at a time."""
    grace: timedelta = timedelta(seconds=7)
    """How long a batch may go on after the worker was asked to stop. Then its predictions are handed back.
    `augury up` without RabbitMQ waits 1 second at most."""
    retry_pause: timedelta = timedelta(seconds=1)
    """The pause before a message is given back while the database is away. It grows up to tenfold."""
    purge_every: timedelta = timedelta(hours=1)
    """The pause between two deletions of expired records."""

    def __post_init__(self) -> None:
        if self.max_batch < 1:
            raise ValueError("max_batch must be 1 at least")
        if not 1 <= self.prefetch <= 65_535:  # 0 is "all there is" on the wire
            raise ValueError("prefetch must be from 1 to 65535")
        if min(self.purge_every, self.retry_pause) < timedelta(milliseconds=1):
            raise ValueError("purge_every and retry_pause must be 0.001 seconds at least")


class Turns:
    """Who is at work: one batch that is predicted, and one before it that is being settled."""

    def __init__(self) -> None:
        self._predicting = asyncio.Lock()
        self._settling = asyncio.Lock()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Yields what must be awaited between predicting and settling."""
        held = self._predicting
        await held.acquire()

        async def predicted() -> None:
            nonlocal held
            await self._settling.acquire()
            self._predicting.release()
            held = self._settling

        try:
            yield predicted
        finally:
            held.release()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Nobody else is at work."""
        async with self._predicting, self._settling:
            yield


class TaskRunner:
    """Runs one batch at a time, but that it is settled while the next is predicted; what arrives meanwhile
    forms the next."""

    def __init__(
        self, run_batch: RunBatch, settings: WorkerSettings, *, on_fatal: Callable[[str], None]
    ) -> None:
        """`on_fatal` is told why this process must end, with an exit code that says so."""
        self._run_batch = run_batch
        self._settings = settings
        self._on_fatal = on_fatal
        self._first: NaturalBatches[Task, Collection[PredictionId]] = NaturalBatches(
            self._fly_together, most=settings.max_batch, weigh=lambda task: len(task.prediction_ids)
        )
        self._later: NaturalBatches[Task, Collection[PredictionId]] = NaturalBatches(self._fly_alone, most=1)
        self._turns = Turns()
        self._stopping = asyncio.Event()
        self.failures = 0
        """Batches in a row that found the books away."""

    async def handle(self, task: Task) -> None:
        """Returns once every prediction of the task is settled, or found to be nothing to run here.

        Raises `Unavailable`, after a pause, where the task must be handed over again later, and
        `PredictTimedOut`; what is left is canceled. Raises `UnknownPredictions` once the rest is done.
        """
        try:
            unknown = await (self._first if task.attempt == 1 else self._later).board(task)
            if unknown:
                raise UnknownPredictions(unknown)
            for prediction_id, trace in task.traces.items():
                log.info("ran prediction %s, traceparent %s", prediction_id, trace)
        except Unavailable:
            await self._pause()
            raise
        except asyncio.CancelledError:
            if was_canceled():
                raise
            raise Unavailable("this worker stops") from None

    async def stop(self) -> None:
        """Begin nothing more; finish what is under way within the grace, or hand it back."""
        self._stopping.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.grace.total_seconds()), self._turns.alone():
                pass  # nothing is under way, nothing will be
        with suppress(TimeoutError):
            async with asyncio.timeout(HANDING_BACK):
                await asyncio.gather(self._first.stop(), self._later.stop())

    async def _fly_together(self, tasks: Sequence[Task]) -> Sequence[Collection[PredictionId]]:
        ids = [each for task in tasks for each in task.prediction_ids]
        async with self._turns.taken() as settling:

            async def predicted() -> None:
                await settling()
                self._first.clear()

            unknown = await self._run(ids, retries=False, predicted=predicted)
        return [[each for each in task.prediction_ids if each in unknown] for task in tasks]

    async def _fly_alone(self, tasks: Sequence[Task]) -> Sequence[Collection[PredictionId]]:
        """What may kill the process meets nobody else's first attempt."""
        (task,) = tasks
        missing: list[PredictionId] = []
        for each in task.prediction_ids:
            async with self._turns.alone():
                missing += await self._run([each], retries=True)
        return [missing]

    async def _run(
        self,
        ids: Collection[PredictionId],
        *,
        retries: bool,
        predicted: Callable[[], Awaitable[None]] | None = None,
    ) -> Collection[PredictionId]:
        """Answers which of them are not in the books."""
        if self._stopping.is_set():
            raise Unavailable("this worker stops")
        try:
            unknown = await self._run_batch(ids, retries=retries, predicted=predicted)
        except PredictTimedOut:
            self._on_fatal(f"a batch of {len(ids)} predictions took too long; its thread cannot be stopped")
            raise
        except Unavailable as error:
            if not self.failures:
                log.warning("batches are given back until the books are there again: %s", error)
            self.failures += 1
            raise
        if self.failures:
            log.info("batches are run again")
        self.failures = 0
        return unknown

    async def _pause(self) -> None:
        """Longer the longer the books are away: a message may be given back so many times and no more."""
        seconds = self._settings.retry_pause.total_seconds() * min(2 ** min(self.failures, 4), 10)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds * random.uniform(0.5, 1)):
                await self._stopping.wait()
