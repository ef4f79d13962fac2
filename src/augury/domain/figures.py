"""The work of the service in a period: predictions, credits and latencies."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import add
from typing import Self

from augury.domain.quantiles import quantile

BOUNDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds of latencies, in seconds. A latency counts for the first bound that it does not exceed,
otherwise for the last bucket."""


class Step(StrEnum):
    """The periods by which figures are kept. Each figure is counted for all of them."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    @property
    def length(self) -> timedelta:
        return timedelta(**{f"{self}s": 1})

    def begins(self, at: datetime) -> datetime:
        """The beginning of the minute, hour or day (UTC) that contains `at`, which is in UTC."""
        if self is Step.MINUTE:
            return at.replace(second=0, microsecond=0)
        return at.replace(hour=at.hour if self is Step.HOUR else 0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    accepted: int = 0
    """Predictions, and slices of batches."""
    succeeded: int = 0
    failed: int = 0
    revenue: int = 0
    """Credits that were charged. Refunds are not subtracted."""
    latencies: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    """Predictions by their latency from acceptance to finish, see `BOUNDS`. Slices of batches do not count,
    because they wait for each other."""

    def __add__(self, other: Self) -> Self:
        return type(self)(
            accepted=self.accepted + other.accepted,
            succeeded=self.succeeded + other.succeeded,
            failed=self.failed + other.failed,
            revenue=self.revenue + other.revenue,
            latencies=tuple(map(add, self.latencies, other.latencies)),
        )

    def quantile(self, share: float) -> float | None:
        """The latency in seconds that this share of the predictions did not exceed, rounded up to one of
        `BOUNDS`; infinity if it is above all of them. None without predictions."""
        return quantile(self.latencies, BOUNDS, share)


def latencies_of(seconds: Iterable[float]) -> tuple[int, ...]:
    """The number of latencies in each bucket of `BOUNDS`, and in the last bucket."""
    counted = [0] * (len(BOUNDS) + 1)
    for each in seconds:
        counted[bisect_left(BOUNDS, each)] += 1
    return tuple(counted)


NOTHING = Figures()
