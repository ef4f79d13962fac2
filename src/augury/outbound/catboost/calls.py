"""Calls models on threads, and measures how long they take."""

import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TypeVar

from augury.application.models.speeds import Speeds
from augury.concurrency.threads import Threads
from augury.domain.lane import Lane, SliceLimit
from augury.domain.model import Model
from augury.domain.speed import FEW
from augury.outbound.catboost.spare import SpareProcessor

T = TypeVar("T")
NICENESS = 5
"""With it, the thread of the bulk lane gets a quarter of a processor that it has to share."""
SHORT = 0.0005
"""Seconds, besides those that every call takes (`speed.CALL`)."""


class Calls:
    """Runs calls on threads, which `close` ends: one for each lane, and one with which a large question has
    two slices in one turn, as long as a processor is free. Those of the bulk lane give way to everything
    else.
    """

    def __init__(self, most: SliceLimit, speeds: Speeds, *, threads: int) -> None:
        """`most` is the most work of one call. A call itself uses this number of `threads`. How long calls
        take is noted in `speeds`."""
        self._most = most
        self._speeds = speeds
        # The processor's time is a property of the model, which a busy machine does not change.
        self._clock = time.thread_time if threads == 1 else time.perf_counter
        self._threads = {
            Lane.SMALL: Threads(1, name="catboost"),
            Lane.BULK: Threads(2, name="catboost in bulk", niceness=NICENESS),
        }
        self._has_second_thread = {Lane.SMALL: False, Lane.BULK: threads == 1}
        self.spare = SpareProcessor()

    async def run(self, lane: Lane, call: Callable[[], T]) -> T:
        """Make the call on a thread of the lane."""
        return await self._threads[lane].run(call)

    def is_short(self, lane: Lane, model: Model, rows: int, size: int) -> bool:
        """Whether a call with so many rows and bytes is known to be so short that it can be made in the event
        loop. Handing it to a thread wakes two threads, one after the other."""
        speed = self._speeds.of(model)
        return lane is Lane.SMALL and speed.is_known and speed.seconds(self._most.units(rows, size)) <= SHORT

    def at_once(self, lane: Lane) -> int:
        """The number of slices of one question that should run at the same time now."""
        return 2 if self._has_second_thread[lane] and self.spare.is_there() else 1

    def timed(self, call: Callable[[], T]) -> tuple[T, float]:
        """What the call returns, and the seconds that it took. Runs in the caller's thread."""
        began_at, began = time.perf_counter(), self._clock()
        answer = call()
        seconds = self._clock() - began
        self.spare.note(seconds, time.perf_counter() - began_at)
        return answer, seconds

    def for_a_slice(self, steps: Generator[None, None, T]) -> T | None:
        """Take steps for as long as a slice may take. Returns the result of `steps` once there is one."""
        began = self._clock()
        try:
            while self._clock() - began < self._most.seconds:
                next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        return None

    def note(self, model: Model, rows: int, size: int, seconds: float) -> None:
        """A call of the model with so many rows and bytes took so many seconds."""
        self._speeds.note(model, self._most.units(rows, size), seconds)

    def slice_of(self, model: Model) -> SliceLimit:
        """As much as the model answers in the time of a slice. A model whose speed is not known gets a few
        rows at first: further ones are cut by what these take."""
        speed = self._speeds.of(model)
        most = self._most.at(speed)
        return most if speed.is_known else replace(most, rows=min(most.rows, FEW))

    def close(self) -> None:
        """End the threads without waiting for a running call."""
        for each in self._threads.values():
            each.close()
