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
"""With it, a thread of the bulk lane gets a quarter of a processor that it has to share."""
SHORT = 0.0005
"""The most seconds of a call that is made in the event loop, without the fixed time of every call
(`speed.CALL`)."""


class Calls:
    """Runs calls of models on threads: one thread for the small lane, and two for the bulk lane. With the
    second, a large question runs two slices in one turn while a processor is free. The threads of the bulk
    lane give way to everything else. `close` ends all threads.
    """

    def __init__(self, most: SliceLimit, speeds: Speeds, *, threads: int) -> None:
        """`most` is the most work of one call. Each call of a model uses this number of `threads`. `speeds`
        gets the duration of each call."""
        self._most = most
        self._speeds = speeds
        # The CPU time depends only on the model, not on how busy the machine is. It is known for one thread.
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
        """Whether a call with so many rows and bytes is short enough for the event loop. A thread would cost
        two switches: to the thread and back."""
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
        """Take steps for as long as a slice may take. Returns the result of `steps`, or None if they have not
        ended yet."""
        began = self._clock()
        try:
            while self._clock() - began < self._most.seconds:
                next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        return None

    def note(self, model: Model, rows: int, size: int, seconds: float) -> None:
        """Record the seconds of a call of the model with so many rows and bytes."""
        self._speeds.note(model, self._most.units(rows, size), seconds)

    def slice_of(self, model: Model) -> SliceLimit:
        """As much as the model answers in the time of a slice. A model of unknown speed first gets a few
        rows, whose duration decides the size of the next slice."""
        speed = self._speeds.of(model)
        most = self._most.at(speed)
        return most if speed.is_known else replace(most, rows=min(most.rows, FEW))

    def close(self) -> None:
        """End the threads without waiting for a running call."""
        for each in self._threads.values():
            each.close()
