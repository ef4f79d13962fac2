"""The result of one try to deliver a webhook, and when the next one is due."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The wait after each failed try. The last try has none after it."""
MOST_TRIES = len(WAITS) + 1
JITTER = 0.2
"""A wait is up to this part longer, so that deliveries that failed together are not tried together again."""
MOST_RETRY_AFTER = timedelta(hours=24)
"""A receiver cannot put a delivery off for longer."""
PAUSE = timedelta(seconds=30)
"""How long nothing is sent to a receiver that is overloaded and does not say for how long."""
GONE = 410
_OVERLOADED = (429, 502, 504)


class TryError(StrEnum):
    """Why a try got no answer."""

    NOT_RESOLVED = "name_not_resolved"
    REFUSED_ADDRESS = "address_refused"
    NOT_CONNECTED = "not_connected"
    TLS = "tls_failed"
    TIMED_OUT = "timed_out"
    BROKEN = "connection_broken"
    """It ended before the answer came, or the answer was not HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryResult:
    """What came of a try: the status of the answer, or the reason why there was none."""

    status_code: int | None = None
    error: TryError | None = None
    took: timedelta = timedelta()
    retry_after: timedelta | None = None
    """What the receiver's `Retry-After` asks for."""

    @property
    def is_success(self) -> bool:
        """Only a status 2xx is. A redirect is a failure."""
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def pause(self) -> timedelta | None:
        """How long nothing is sent to this receiver. None: no pause."""
        if self.is_success or self.status_code is None:
            return None
        if self.retry_after is not None:
            return min(self.retry_after, MOST_RETRY_AFTER)
        return PAUSE if self.status_code in _OVERLOADED else None

    def wait(self, tries: int, *, jitter: float) -> timedelta | None:
        """The time until the next try after `tries` of them. None: there is none, because it succeeded, the
        receiver is gone for good, or that was the last try. `jitter` is from 0 to 1."""
        if self.is_success or self.status_code == GONE or tries >= MOST_TRIES:
            return None
        planned = max(WAITS[tries - 1], self.pause or timedelta())
        return planned * (1 + JITTER * jitter)
