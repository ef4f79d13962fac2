"""Counts and limits the open event streams."""

from collections import Counter
from collections.abc import Callable

from augury.application.limits import Limits
from augury.application.ports.counters import Counters, StreamLimit
from augury.domain.identifiers import UserId
from augury.domain.stream import TooManyStreams

RETRY_AFTER = 1
"""Seconds."""


class StreamsFull(Exception):
    """This process has as many event streams as it may have."""


class OpenStreams:
    """The open event streams of this process, in total and by user."""

    def __init__(self, limits: Limits, counters: Counters) -> None:
        self._limits = limits
        self._counters = counters
        self._by_user: Counter[UserId] = Counter()
        self._open = 0

    def begin(self, user_id: UserId) -> Callable[[], None]:
        """Count a new stream. Returns a function that uncounts it. Raises `TooManyStreams`, `StreamsFull`."""
        if self._by_user[user_id] >= self._limits.max_streams_per_user:
            self._counters.stream_refused(StreamLimit.USER)
            raise TooManyStreams(most=self._limits.max_streams_per_user, retry_after=RETRY_AFTER)
        if self._open >= self._limits.max_streams:
            self._counters.stream_refused(StreamLimit.PROCESS)
            raise StreamsFull
        self._by_user[user_id] += 1
        self._open += 1
        self._counters.streams_open(self._open)
        return lambda: self._end(user_id)

    def told(self) -> None:
        """Count a sent event."""
        self._counters.event_told()

    def _end(self, user_id: UserId) -> None:
        self._open -= 1
        self._by_user[user_id] -= 1
        if not self._by_user[user_id]:
            del self._by_user[user_id]  # otherwise the dictionary would keep every user
        self._counters.streams_open(self._open)
