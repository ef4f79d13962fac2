"""Pauses between attempts at something that may fail for a while."""

import random


class Pauses:
    """Each pause is twice as long as the one before, from `first` up to `last` seconds.

    Up to half of each is taken off at random, so that processes that failed together do not retry together.
    """

    def __init__(self, first: float, last: float) -> None:
        self._first = first
        self._last = last
        self._pause = first

    def next(self) -> float:
        """The seconds until the next attempt."""
        pause = self._pause
        self._pause = min(2 * pause, self._last)
        return pause * random.uniform(0.5, 1)

    def reset(self) -> None:
        """Start from `first` again, after a success."""
        self._pause = self._first
