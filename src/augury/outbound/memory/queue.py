import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from typing_extensions import override

from augury.application.ports import Clock
from augury.application.predictions.ports import NO_TRACES, PredictionQueue, Task, Traces, UnknownPredictions
from augury.broker import wire
from augury.domain.identifiers import PredictionId

MOST_IDS = 200_000
"""Predictions that wait here at most; what comes beyond is dropped: the sweeper finds it in the books."""
PREFETCH = 128
"""Tasks in hand at once: the consumer forms its batches from them."""
PAUSE = timedelta(seconds=1)
"""Before a task that could not be handled is delivered again."""

MOST_DELIVERIES = 1_000
"""How often a task may be handed out; then it is a dead letter."""
MOST_DEAD = 1_000
"""Dead letters that are kept; the oldest make room."""

Handle = Callable[[Task], Awaitable[None]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task, when it was put here, and how often it was handed out in vain."""

    task: Task
    put_at: datetime
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Dead:
    """A task that was handed out too often, and when it was given up."""

    waiting: Waiting
    died_at: datetime


class MemoryPredictionQueue(PredictionQueue):
    """The queue where API and worker are one process.

    What it holds ends with the process; at the next start the sweeper fills it from the books.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.most_ids = MOST_IDS
        self.prefetch = PREFETCH
        self.pause = PAUSE
        self.most_deliveries = MOST_DELIVERIES
        self.dead: deque[Dead] = deque(maxlen=MOST_DEAD)
        self._waiting: deque[Waiting] = deque()
        self._ids = 0
        self._in_hand: dict[asyncio.Task[None], datetime] = {}
        self._changed = asyncio.Event()
        """Something arrived, or left the hand: there may be something to hand out."""
        self._handle: Handle | None = None
        self._stopped = False

    @override
    def put(self, ids: Sequence[PredictionId], *, attempt: int = 1, traces: Traces = NO_TRACES) -> None:
        size = wire.MOST_IDS if attempt == 1 else 1
        room = self.most_ids - self._ids
        if len(ids) > room:
            log.warning("the queue is full: %d predictions are left to the sweeper", len(ids) - room)
            ids = ids[:room]
        for start in range(0, len(ids), size):
            some = tuple(ids[start : start + size])
            task = Task(some, attempt, {each: traces[each] for each in some if each in traces})
            self._append(Waiting(task, self._clock.now()))

    @property
    def ready(self) -> int:
        """How many tasks wait to be handed out."""
        return len(self._waiting)

    def replay(self) -> None:
        """Put the oldest dead letter on the queue again."""
        self._append(Waiting(self.dead.popleft().waiting.task, self._clock.now()))

    @override
    def saw(self, put_at: datetime) -> None:
        """Nothing to learn from it: what is put here is handed out here."""

    @override
    async def passed(self) -> datetime | None:
        """Now, where nothing waits or is in hand, else when the oldest of that was put here."""
        first = [self._waiting[0].put_at] if self._waiting else []
        return min((*first, *self._in_hand.values()), default=self._clock.now())

    def deliver_to(self, handle: Handle) -> None:
        """Register who handles the tasks; one for which it raises is delivered again after a pause."""
        self._handle = handle

    async def run(self) -> None:
        """Hand out tasks, many at once, until `stop` is called; canceled, it cancels what is in hand."""
        if self._handle is None:
            raise RuntimeError("nobody handles the tasks: call deliver_to first")
        try:
            while not self._stopped:
                self._changed.clear()
                self._hand_out(self._handle)
                await self._changed.wait()
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def stop(self, grace: timedelta = timedelta()) -> None:
        """Hand out nothing more; what is in hand has `grace` to end by itself, then it is canceled."""
        self._stopped = True
        self._changed.set()
        if self._in_hand and grace:
            await asyncio.wait(tuple(self._in_hand), timeout=grace.total_seconds())
        for handling in self._in_hand:
            handling.cancel()
        await asyncio.gather(*self._in_hand, return_exceptions=True)

    def _hand_out(self, handle: Handle) -> None:
        while self._waiting and len(self._in_hand) < self.prefetch:
            waiting = self._take()
            handling = asyncio.create_task(self._see_to(waiting, handle))
            self._in_hand[handling] = waiting.put_at
            handling.add_done_callback(self._let_go)

    async def _see_to(self, waiting: Waiting, handle: Handle) -> None:
        try:
            await handle(waiting.task)
        except UnknownPredictions as error:  # it will never be any better
            log.warning("a task is given up: %s", error)
            self.dead.append(Dead(waiting, self._clock.now()))
        except Exception as error:  # whatever it is, nobody else looks after this task
            if self._stopped:  # the books have it
                return
            failures = waiting.failures + 1
            if failures >= self.most_deliveries:
                log.warning("a task was delivered %d times and is given up: %s", failures, error)
                self.dead.append(Dead(waiting, self._clock.now()))
                return
            log.warning("a task could not be handled and is delivered again: %s", error)
            await asyncio.sleep(self.pause.total_seconds())
            self._append(Waiting(waiting.task, self._clock.now(), failures))

    def _let_go(self, handling: asyncio.Task[None]) -> None:
        del self._in_hand[handling]
        self._changed.set()

    def _append(self, waiting: Waiting) -> None:
        self._waiting.append(waiting)
        self._ids += len(waiting.task.prediction_ids)
        self._changed.set()

    def _take(self) -> Waiting:
        waiting = self._waiting.popleft()
        self._ids -= len(waiting.task.prediction_ids)
        return waiting
