import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from typing_extensions import override

from augury.application.ports import Clock
from augury.application.predictions.ports.queue import (
    NO_COSTS,
    NO_TRACES,
    Costs,
    PredictionQueue,
    Task,
    Traces,
    UnknownPredictions,
)
from augury.broker import wire
from augury.concurrency.waits import end
from augury.domain.identifiers import PredictionId
from augury.domain.lane import Lane

MOST_IDS = 200_000
"""The most predictions that wait here. Further ones are dropped: the sweeper finds them in the books."""
PREFETCH = 128
"""The most tasks that are handled at the same time. The consumer forms its batches from them."""
PAUSE = timedelta(seconds=1)
"""The pause before a task that could not be handled is delivered again."""

MOST_DELIVERIES = 1_000
"""The deliveries of a task after which it becomes a dead letter."""
MOST_DEAD = 1_000
"""The most dead letters that are kept. Beyond that, the oldest are dropped."""

Handle = Callable[[Task], Awaitable[None]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task, the time when it was put here, and its failed deliveries."""

    task: Task
    put_at: datetime
    lane: Lane = Lane.SMALL
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Dead:
    """A task that was given up, and when."""

    waiting: WaitingTask
    died_at: datetime


class MemoryPredictionQueue(PredictionQueue):
    """The queue, of two lanes, for an API and a worker in one process.

    Its contents are lost when the process ends. At the next start, the sweeper fills it from the books.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.most_ids = MOST_IDS
        self.prefetch = PREFETCH
        self.pause = PAUSE
        self.most_deliveries = MOST_DELIVERIES
        self.dead: deque[Dead] = deque(maxlen=MOST_DEAD)
        self._waiting: deque[WaitingTask] = deque()
        self._tickets: deque[WaitingTask] = deque()
        self._ids = 0
        self._in_hand: dict[asyncio.Task[None], datetime] = {}
        self._ticket_in_hand: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        """Set when a task arrived or was handled: then another one may be delivered."""
        self._handle: Handle | None = None
        self._handle_ticket: Handle | None = None
        self._stopped = False

    @override
    def put(
        self,
        ids: Sequence[PredictionId],
        *,
        attempt: int = 1,
        traces: Traces = NO_TRACES,
        lane: Lane = Lane.SMALL,
        costs: Costs = NO_COSTS,
    ) -> None:
        """Ignores the costs, which bound a message so that other workers get some of the work: here, one
        worker gets everything."""
        size = wire.IDS if attempt == 1 and lane is Lane.SMALL else 1
        room = self.most_ids - self._ids
        if len(ids) > room:
            log.warning("the queue is full: the sweeper will queue %d predictions later", len(ids) - room)
            ids = ids[:room]
        for start in range(0, len(ids), size):
            some = tuple(ids[start : start + size])
            task = Task(some, attempt, {each: traces[each] for each in some if each in traces})
            self._append(WaitingTask(task, self._clock.now(), lane))

    @property
    def ready(self) -> int:
        """The number of tasks of the small lane that wait to be delivered."""
        return len(self._waiting)

    @property
    def tickets(self) -> int:
        """The number of tickets of the bulk lane that wait to be delivered."""
        return len(self._tickets)

    def put_again(self, dead: Dead) -> None:
        """Put the task of a dead letter on the queue again."""
        self.dead.remove(dead)
        waiting = dead.waiting
        self._append(WaitingTask(waiting.task, self._clock.now(), waiting.lane))

    @override
    def saw(self, put_at: datetime) -> None:
        """Do nothing: this queue itself knows which of its tasks are not handled."""

    @override
    async def passed(self) -> datetime | None:
        """The time when the oldest unhandled task was put here, or now if there is none."""
        first = [self._waiting[0].put_at] if self._waiting else []
        return min((*first, *self._in_hand.values()), default=self._clock.now())

    @override
    async def has_tickets(self) -> bool:
        return bool(self._tickets)

    def deliver_to(self, handle: Handle, handle_ticket: Handle) -> None:
        """Register the handlers. `handle` gets the tasks of the small lane, many at a time. `handle_ticket`
        gets the tickets of the bulk lane, one at a time. If a handler raises, the task is delivered again
        after a pause."""
        self._handle, self._handle_ticket = handle, handle_ticket

    async def run(self) -> None:
        """Deliver tasks, many at once, until `stop` is called. On cancellation, cancel the handlers."""
        if self._handle is None or self._handle_ticket is None:
            raise RuntimeError("no handler is registered: call deliver_to first")
        try:
            while not self._stopped:
                self._changed.clear()
                self._hand_out(self._handle)
                self._hand_out_a_ticket(self._handle_ticket)
                await self._changed.wait()
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def stop(self, grace: timedelta = timedelta()) -> None:
        """Deliver no more tasks. Running handlers are canceled after `grace`."""
        self._stopped = True
        self._changed.set()
        in_hand = [*self._in_hand, *([self._ticket_in_hand] if self._ticket_in_hand else [])]
        await end(in_hand, grace=grace.total_seconds())

    def _hand_out(self, handle: Handle) -> None:
        while self._waiting and len(self._in_hand) < self.prefetch:
            waiting = self._take()
            handling = asyncio.create_task(self._see_to(waiting, handle))
            self._in_hand[handling] = waiting.put_at
            handling.add_done_callback(self._let_go)

    def _hand_out_a_ticket(self, handle: Handle) -> None:
        if self._tickets and self._ticket_in_hand is None:
            self._ticket_in_hand = asyncio.create_task(self._see_to(self._tickets.popleft(), handle))
            self._ids -= 1
            self._ticket_in_hand.add_done_callback(self._let_the_ticket_go)

    async def _see_to(self, waiting: WaitingTask, handle: Handle) -> None:
        try:
            await handle(waiting.task)
        except UnknownPredictions as error:  # a further try would fail, too
            log.warning("a task is given up: %s", error)
            self.dead.append(Dead(waiting, self._clock.now()))
        except Exception as error:  # nothing else would deliver the task again
            if self._stopped:  # the prediction is still in the books
                return
            failures = waiting.failures + 1
            if failures >= self.most_deliveries:
                log.warning("a task is given up after %d deliveries: %s", failures, error)
                self.dead.append(Dead(waiting, self._clock.now()))
                return
            log.warning("a task could not be handled, and will be delivered again: %s", error)
            await asyncio.sleep(self.pause.total_seconds())
            self._append(WaitingTask(waiting.task, self._clock.now(), waiting.lane, failures))

    def _let_go(self, handling: asyncio.Task[None]) -> None:
        del self._in_hand[handling]
        self._changed.set()

    def _let_the_ticket_go(self, _: "asyncio.Task[None]") -> None:
        self._ticket_in_hand = None
        self._changed.set()

    def _append(self, waiting: WaitingTask) -> None:
        (self._waiting if waiting.lane is Lane.SMALL else self._tickets).append(waiting)
        self._ids += len(waiting.task.prediction_ids)
        self._changed.set()

    def _take(self) -> WaitingTask:
        waiting = self._waiting.popleft()
        self._ids -= len(waiting.task.prediction_ids)
        return waiting
