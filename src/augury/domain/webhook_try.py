"""The result of one attempt to deliver a webhook, and the time of the next one."""

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
"""The waits after failed attempts. No wait follows the last attempt."""
MOST_TRIES = len(WAITS) + 1
JITTER = 0.2
"""Each wait is longer by up to this part, so that deliveries that failed together are not repeated
together."""
MOST_RETRY_AFTER = timedelta(hours=24)
"""The longest time for which a receiver can put off a delivery."""
PAUSE = timedelta(seconds=30)
"""The pause for an overloaded receiver that does not say how long to wait."""
GONE = 410
_OVERLOADED = (429, 502, 504)


class TryError(StrEnum):
    """The reason why an attempt got no answer."""

    NOT_RESOLVED = "name_not_resolved"
    REFUSED_ADDRESS = "address_refused"
    NOT_CONNECTED = "not_connected"
    TLS = "tls_failed"
    TIMED_OUT = "timed_out"
    BROKEN = "connection_broken"
    """The connection ended before the answer came, or the answer was not HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryResult:
    """The result of an attempt: the status of the answer, or the reason why there was none."""

    status_code: int | None = None
    error: TryError | None = None
    took: timedelta = timedelta()
    retry_after: timedelta | None = None
    """The receiver's `Retry-After`."""

    @property
    def is_success(self) -> bool:
        """Only a 2xx status is a success. A redirect is a failure."""
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def pause(self) -> timedelta | None:
        """How long to send nothing to this receiver. None: no pause."""
        if self.is_success or self.status_code is None:
            return None
        if self.retry_after is not None:
            return min(self.retry_after, MOST_RETRY_AFTER)
        return PAUSE if self.status_code in _OVERLOADED else None

    def wait(self, tries: int, *, jitter: float) -> timedelta | None:
        """The time until the next attempt after `tries` attempts. None if there is no next one: it succeeded,
        the receiver is gone for good, or it was the last attempt. `jitter` is from 0 to 1."""
        if self.is_success or self.status_code == GONE or tries >= MOST_TRIES:
            return None
        planned = max(WAITS[tries - 1], self.pause or timedelta())
        return planned * (1 + JITTER * jitter)
