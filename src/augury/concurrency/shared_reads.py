"""Reads that concurrent callers share, and whose values are kept for a while."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class SharedReads(Generic[Key, Value]):
    """Keeps each value for `lifetime`. When that ends, one caller reads the value anew and the others wait
    for it.

    With a lifetime of zero, every caller reads: a shared read may have begun before a change that its caller
    knows of. Only values are kept, not errors, so there are never more kept keys than existing values.
    """

    def __init__(self, *, lifetime: timedelta, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = lifetime.total_seconds()
        self._now = now
        self._values: dict[Key, tuple[Value, float]] = {}
        self._reads: dict[Key, asyncio.Task[Value]] = {}

    async def get(self, key: Key, read: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """The kept value of `key`, or else the result of `read`. Raises what `read` raises."""
        if self._seconds <= 0:
            return await read()
        found = self._values.get(key)
        if found and self._now() < found[1]:
            return found[0]
        reading = self._reads.get(key)
        if reading is None:
            reading = self._reads[key] = asyncio.create_task(read())
            reading.add_done_callback(lambda done: self._keep(key, done))
        # A caller that is canceled must not cancel the read of the others.
        return await asyncio.shield(reading)

    def clear(self) -> None:
        """Forget all values, and those that are being read now: they may be older than a change."""
        self._values.clear()
        self._reads.clear()

    def _keep(self, key: Key, done: asyncio.Task[Value]) -> None:
        succeeded = not done.cancelled() and done.exception() is None
        if self._reads.get(key) is done:
            del self._reads[key]
            if succeeded:
                self._values[key] = (done.result(), self._now() + self._seconds)
