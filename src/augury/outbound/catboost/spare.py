"""Tells whether a processor is free, from the calls of models that this process makes anyway.

A thread that has to wait for a processor uses less CPU time than passes. The number of processors says
nothing: other workers, the API and the database may use them, or a container may have only a part of one.
"""

import time
from collections.abc import Callable

LEAST_SHARE = 0.85
"""If a call used less than this share of the passing time as CPU time, no processor is free. The share is
below 1 because a thread also waits for the interpreter, some percent of the time."""
LONG_ENOUGH = 0.005
"""Seconds. Shorter calls are too inaccurate."""
REST = 5.0
"""Seconds without a second call after a call had to wait for a processor."""


class SpareProcessor:
    """Says whether a second call may be made at the same time. Assumes so, until calls had to wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rests_until = float("-inf")

    def is_there(self) -> bool:
        return self._clock() >= self._rests_until

    def note(self, used: float, passed: float) -> None:
        """Record the CPU time that a call has `used` and the time that has `passed`, in seconds."""
        if passed > LONG_ENOUGH and used < LEAST_SHARE * passed:
            self._rests_until = self._clock() + REST
