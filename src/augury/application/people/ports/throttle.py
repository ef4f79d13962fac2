"""Ports: the limits of attempts."""

from abc import abstractmethod
from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple, Protocol, Self

from augury.domain.request_rate import TooManyTries


class Taken(NamedTuple):
    """Attempts that were counted in advance."""

    granted: int
    """The number of attempts. It is smaller than the request if the limit is near."""
    left: int
    """The attempts that are left for other processes in this window."""
    ends_in: timedelta
    """The rest of the window."""

    @classmethod
    def of(cls, hits: int, *, share: int, most: int, ends_in: timedelta) -> Self:
        """`hits` are the attempts of this window, of which the last `share` were counted now."""
        return cls(max(0, min(share, most - (hits - share))), max(0, most - hits), ends_in)


class Throttle(Protocol):
    """Counts attempts in fixed windows of time, across processes."""

    async def admit(self, keys: Collection[str], *, most: int, window: timedelta) -> None:
        """Count one attempt under each key. Raises `TooManyTries` if one of them has more than `most`."""
        wait = await self.hit(keys, most=most, window=window)
        if wait:
            raise TooManyTries.after(wait)

    @abstractmethod
    async def hit(self, keys: Collection[str], *, most: int, window: timedelta) -> timedelta | None:
        """Count one attempt under each key. Returns None if all are within `most`, else how long to wait."""

    @abstractmethod
    async def take(self, key: str, *, share: int, most: int, window: timedelta) -> Taken:
        """Count up to `share` attempts in advance, so that a process can admit them without asking again."""
