"""Whether a processor is free, judged by the calls of models that this process makes anyway.

A thread that has to wait for a processor gets less of its time than passes. The number of processors says
nothing: other workers, the API and the database may use them, or a container may have only a part of one.
"""

import time
from collections.abc import Callable

LEAST_SHARE = 0.85
"""A thread must have had a processor for this part of the passing time, if one more is to be used. It also
waits for the interpreter, some percent of the time."""
LONG_ENOUGH = 0.005
"""Seconds. Shorter calls say nothing."""
REST = 5.0
"""Seconds without a second call, after there was no processor for it."""


class SpareProcessor:
    """Says whether a second call may be made at the same time. Assumes so, until calls had to wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rests_until = float("-inf")

    def is_there(self) -> bool:
        return self._clock() >= self._rests_until

    def note(self, used: float, passed: float) -> None:
        """A call has `used` so many seconds of a processor, while so many have `passed`."""
        if passed > LONG_ENOUGH and used < LEAST_SHARE * passed:
            self._rests_until = self._clock() + REST
