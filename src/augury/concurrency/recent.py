"""A small cache whose entries expire."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Keeps up to `most` values for `lifetime`; the oldest make room. A lifetime of zero keeps none."""

    def __init__(self, *, most: int, lifetime: timedelta, now: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = lifetime.total_seconds()
        self._now = now
        self._values: dict[Key, tuple[Value, float]] = {}

    def get(self, key: Key) -> Value | None:
        found = self._values.get(key)
        if found is None:
            return None
        if found[1] <= self._now():
            del self._values[key]
            return None
        return found[0]

    def put(self, key: Key, value: Value) -> None:
        if self._seconds <= 0:
            return
        self._values.pop(key, None)
        if len(self._values) >= self._most:
            del self._values[next(iter(self._values))]
        self._values[key] = (value, self._now() + self._seconds)

    def forget(self, value: Value) -> None:
        """Drop every key that has this value."""
        for key in [key for key, (known, _) in self._values.items() if known == value]:
            del self._values[key]
