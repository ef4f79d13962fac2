"""Runs a worker's tasks: first attempts together, later attempts alone, and the bulk lane beside both.

Plain asyncio: the source of the tasks (RabbitMQ's consumer, or the queue in the process) awaits `handle` and
`handle_ticket`.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from augury.application.ports import Unavailable
from augury.application.predictions.execution import PredictTimedOut
from augury.application.predictions.ports.predictor import Turn
from augury.application.predictions.ports.queue import Task, UnknownPredictions
from augury.application.predictions.run_next import RunNext
from augury.application.predictions.run_predictions import RunPredictions
from augury.application.predictions.take_over import TakeOver
from augury.concurrency.cancellation import was_canceled
from augury.concurrency.natural_batches import NaturalBatches
from augury.concurrency.waits import is_set_within
from augury.domain.identifiers import PredictionId
from augury.inbound.worker.bulk_loop import BulkLoop
from augury.inbound.worker.taking_over import TakingOver
from augury.inbound.worker.turns import Turns

HANDING_BACK = 2.0
"""Seconds to hand back unfinished predictions to the books when the worker stops."""
ALONE = 0.25
"""Seconds for which predictions that may crash a worker are run, one by one, before other work gets its
turn."""
OVERLAP_AFTER = 0.02
"""Seconds. A run that took at least this long is settled while the next one is predicted."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    max_batch: int = 256
    """Predictions in one run."""
    prefetch: int = 16
    """Messages of small work that a worker holds at a time. What it holds, no other worker can run, even if
    it is idle: so each has up to 128 predictions that together take about a 16th of a slice, or only one."""
    grace: timedelta = timedelta(seconds=7)
    """How long a run may continue after the worker was asked to stop. Then its predictions are handed back.
    `augury up` without RabbitMQ waits at most 1 second."""
    retry_pause: timedelta = timedelta(seconds=1)
    """The pause before a message is requeued while the database is unavailable. It grows up to tenfold."""
    purge_every: timedelta = timedelta(hours=1)
    """The pause between two deletions of expired records."""
    check_models_every: timedelta = timedelta(seconds=1)
    """The pause between two looks for sent model files that have to be checked, and for tables from which a
    model has to be trained."""

    def __post_init__(self) -> None:
        if self.max_batch < 1:
            raise ValueError("max_batch must be at least 1")
        if not 1 <= self.prefetch <= 65_535:  # 0 means "no limit" in AMQP
            raise ValueError("prefetch must be from 1 to 65535")
        if min(self.purge_every, self.retry_pause, self.check_models_every) < timedelta(milliseconds=1):
            raise ValueError("purge_every, retry_pause and check_models_every must be at least 0.001 seconds")


class TaskRunner:
    """Makes one run at a time. Tasks that arrive meanwhile form the next run.

    A full or long run is settled while the next one is predicted. Other runs are settled first: the next one
    then has more predictions, which share its statements.

    Work of the bulk lane runs at the same time, slice by slice (`BulkLoop`)."""

    def __init__(
        self,
        run_predictions: RunPredictions,
        run_next: RunNext,
        take_over: TakeOver,
        settings: WorkerSettings,
        *,
        on_fatal: Callable[[str], None],
        overlap_after: float = OVERLAP_AFTER,
    ) -> None:
        """`on_fatal` gets the reason why this process must end with a failing exit code."""
        self._run_predictions = run_predictions
        self._run_next = run_next
        self._take_over = take_over
        self.taking_over = TakingOver(take_over)
        self._settings = settings
        self._on_fatal = on_fatal
        self._overlap_after = overlap_after
        self._first: NaturalBatches[Task, Collection[PredictionId]] = NaturalBatches(
            self._fly_together, most=settings.max_batch, weigh=lambda task: len(task.prediction_ids)
        )
        self._later: NaturalBatches[Task, Collection[PredictionId]] = NaturalBatches(
            self._fly_alone, most=settings.max_batch
        )
        self._bulk = BulkLoop(self._run_bulk)
        self._turns = Turns(self._bulk)
        self._stopping = asyncio.Event()
        self.failures = 0
        """The number of runs in a row that failed because the books were unavailable."""

    async def handle(self, task: Task) -> None:
        """Returns when every prediction of the task is settled, or does not have to be run here.

        Raises `Unavailable`, after a pause, if the task must be handed over again later, and
        `PredictTimedOut`. Raises `UnknownPredictions` after the other predictions are done.
        """
        async with self._failures_told():
            if task.redelivered and not (task := await self._without_begun(task)).prediction_ids:
                return
            unknown = await (self._first if task.attempt == 1 else self._later).board(task)
            if unknown:
                raise UnknownPredictions(unknown)
            for prediction_id, trace in task.traces.items():
                log.info("ran prediction %s, traceparent %s", prediction_id, trace)

    async def handle_ticket(self, ticket: Task) -> None:
        """Run the next work of the bulk lane, whatever the ticket names. Returns when it is settled, or when
        nothing waits.

        Raises `Unavailable`, after a pause, if the ticket must be handed over again later, and
        `PredictTimedOut`.
        """
        async with self._failures_told():
            if ticket.redelivered:
                self.taking_over.ask()
            ran = await self._bulk.serve()
            for named, trace in ticket.traces.items():
                for prediction_id in ran:  # each gets its own span, linked to the ticket's span
                    log.info(
                        "ran prediction %s by the ticket of %s, traceparent %s", prediction_id, named, trace
                    )

    async def stop(self) -> None:
        """Start no new runs. Finish the running ones within the grace period, or hand them back."""
        self._stopping.set()
        await self.taking_over.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.grace.total_seconds()), self._turns.alone():
                pass  # nothing runs, and nothing will start
        with suppress(TimeoutError):
            async with asyncio.timeout(HANDING_BACK):
                await asyncio.gather(*(each.stop() for each in (self._first, self._later, self._bulk)))

    @asynccontextmanager
    async def _failures_told(self) -> AsyncIterator[None]:
        try:
            yield
        except Unavailable:
            await self._pause()
            raise
        except asyncio.CancelledError:
            if was_canceled():
                raise
            raise Unavailable("this worker is stopping") from None

    async def _fly_together(self, tasks: Sequence[Task]) -> Sequence[Collection[PredictionId]]:
        ids = [each for task in tasks for each in task.prediction_ids]
        is_full = len(ids) > self._settings.max_batch // 2
        now = asyncio.get_running_loop().time
        async with self._turns.taken() as settling, self._watched(f"a run of {len(ids)} predictions"):
            began = now()
            async with self._run_predictions.predicted(ids) as settle:
                is_long = now() - began >= self._overlap_after
                await settling()
                if is_full or is_long:
                    self._first.clear()
                unknown = await settle()
        return [[each for each in task.prediction_ids if each in unknown] for task in tasks]

    async def _fly_alone(self, tasks: Sequence[Task]) -> Sequence[Collection[PredictionId]]:
        """Run each prediction alone, since it may have crashed a worker before. After each `ALONE` seconds,
        small work and bulk work of up to a slice get their turn: a worker that died may leave hundreds."""
        missing: list[PredictionId] = []
        ids = [each for task in tasks for each in task.prediction_ids]
        now = asyncio.get_running_loop().time
        async with self._turns.alone() as turns:
            turn = turns()
            while ids:
                async with turn():
                    until = now() + ALONE
                    while ids:
                        async with self._watched("a prediction"):
                            missing += await self._run_predictions([ids.pop()], retries=True, turn=turns())
                        if now() >= until:
                            break
        return [[each for each in task.prediction_ids if each in missing] for task in tasks]

    async def _without_begun(self, task: Task) -> Task:
        """The task without the predictions that another worker has begun. These may have killed it, so they
        are taken over separately."""
        begun = await self._take_over.begun(task.prediction_ids)
        if begun:
            self.taking_over.ask()
        return replace(task, prediction_ids=[each for each in task.prediction_ids if each not in begun])

    async def _run_bulk(self, turn: Turn, short: bool) -> Sequence[PredictionId]:
        async with self._watched("work of the bulk lane"):
            return await self._run_next(turn=turn, short=short)

    @asynccontextmanager
    async def _watched(self, what: str) -> AsyncIterator[None]:
        """Nothing runs once the worker is stopping. Failures in the block are counted, and may be fatal."""
        if self._stopping.is_set():
            raise Unavailable("this worker is stopping")
        try:
            yield
        except PredictTimedOut:
            self._on_fatal(f"{what} took too long; its thread cannot be stopped")
            raise
        except Unavailable as error:
            if not self.failures:
                log.warning("work is requeued until the books are available again: %s", error)
            self.failures += 1
            raise
        if self.failures:
            log.info("work is run again")
        self.failures = 0

    async def _pause(self) -> None:
        """Pause longer the longer the books are unavailable: a message may be requeued a limited number of
        times. Not `Pauses`: every task of a failed flight pauses, and the number of flights decides."""
        seconds = self._settings.retry_pause.total_seconds() * min(2 ** min(self.failures, 4), 10)
        await is_set_within(seconds * random.uniform(0.5, 1), self._stopping)
