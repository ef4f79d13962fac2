"""A small cache whose entries expire."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

from cachetools import TTLCache

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Keeps up to `most` values, each for `lifetime`. Beyond that, the least recently used are dropped. A
    lifetime of zero keeps none."""

    def __init__(self, *, most: int, lifetime: timedelta, now: Callable[[], float] = time.monotonic) -> None:
        self._values: TTLCache[Key, Value] = TTLCache(most, lifetime.total_seconds(), timer=now)

    def get(self, key: Key) -> Value | None:
        try:  # `get` looks the key up twice, and each time reads the clock twice
            return self._values[key]
        except KeyError:
            return None

    def put(self, key: Key, value: Value) -> None:
        self._values[key] = value

    def forget(self, value: Value) -> None:
        """Drop every key that has this value."""
        self.forget_if(lambda known: known == value)

    def forget_if(self, is_meant: Callable[[Value], bool]) -> None:
        """Drop every key whose value matches."""
        for key in [key for key, known in self._values.items() if is_meant(known)]:
            self._values.pop(key, None)
