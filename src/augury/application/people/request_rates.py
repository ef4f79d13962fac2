"""Limits requests per user, API key and guest, across processes and without a statement per request.

Each process reserves requests in the window's count in the database: a twentieth of the limit at a time,
fewer when few are left. It admits its reserved requests without the database.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence

from augury.application.limits import Limits
from augury.application.people.ports.credentials import Access
from augury.application.people.ports.throttle import Throttle
from augury.application.ports.counters import Counters
from augury.concurrency.recent import Recent
from augury.domain.request_rate import WINDOW, RateName, RateStatus, TooManyRequests

MOST_CALLERS = 10_000
"""Callers whose counts a process keeps. Beyond that, the least recently used are dropped, and requests are
reserved for them again."""
PART = 20
"""A process reserves the limit divided by this. Once half of the limit is used, it reserves twice the rest
divided by this."""

Admission = tuple[Sequence[RateStatus], TooManyRequests | None]
"""The state of the caller's limits, and the refusal if there is one."""


class RequestRates:
    """One instance per process. A window lasts a minute and begins with a caller's first request."""

    def __init__(
        self,
        throttle: Throttle,
        limits: Limits,
        counters: Counters,
    ) -> None:
        self._throttle = throttle
        self._counters = counters
        self._of_user = limits.user_requests
        self._of_key = limits.key_requests
        self._of_guest = limits.guest_requests
        self._now: Callable[[], float] = time.monotonic
        self._counts: Recent[str, _Count] = Recent(most=MOST_CALLERS, lifetime=WINDOW)
        self.limits_callers = bool(self._of_user or self._of_key)
        self.limits_guests = bool(self._of_guest)

    async def admit(self, access: Access) -> Admission:
        """Count a request of this caller."""
        counts = []
        if self._of_key and access.key is not None:
            counts.append(self._count(RateName.KEY, f"key:{access.key.id}", self._of_key))
        if self._of_user:
            counts.append(self._count(RateName.USER, f"user:{access.user_id}", self._of_user))
        return await self._admitted(counts)

    async def admit_guest(self, mark: str) -> Admission:
        """Count a request without a credential. `mark` stands for its address."""
        return await self._admitted([self._count(RateName.GUEST, f"guest:{mark}", self._of_guest)])

    def _count(self, name: RateName, key: str, most: int) -> "_Count":
        count = self._counts.get(key)
        if count is None:
            count = _Count(name, f"requests:{key}", most)
            self._counts.put(key, count)
        return count

    async def _admitted(self, counts: Sequence["_Count"]) -> Admission:
        now = self._now()
        while short := next((each for each in counts if each.is_unknown(now)), None):
            async with short.taking:
                if short.is_unknown(self._now()):
                    share = short.share(self._now())
                    taken, left, ends_in = await self._throttle.take(
                        short.key, share=share, most=short.most, window=WINDOW
                    )
                    short.took(taken, left, self._now() + ends_in.total_seconds())
            now = self._now()
        spent = [each for each in counts if not each.taken]
        if not spent:
            for each in counts:
                each.taken -= 1
        statuses = [each.status(now) for each in counts]
        if not spent:
            return statuses, None
        for each in spent:
            self._counters.refused(f"requests_{each.name}")
        longest = max(each.status(now).ends_in for each in spent)
        return statuses, TooManyRequests(names=tuple(each.name for each in spent), retry_after=longest)


class _Count:
    """One caller's window as this process knows it."""

    __slots__ = ("_ends_at", "_left", "key", "most", "name", "taken", "taking")

    def __init__(self, name: RateName, key: str, most: int) -> None:
        self.name = name
        self.key = key
        self.most = most
        self.taken = 0
        """Requests that this process may still admit without the database."""
        self.taking = asyncio.Lock()
        self._left = most
        self._ends_at = -math.inf

    def is_unknown(self, now: float) -> bool:
        """Whether only the database knows if another request is left."""
        return now >= self._ends_at or (not self.taken and self._left > 0)

    def share(self, now: float) -> int:
        """The number of requests to reserve."""
        left = self.most if now >= self._ends_at else self._left
        return max(1, min(self.most, 2 * left) // PART)

    def took(self, taken: int, left: int, ends_at: float) -> None:
        self.taken, self._left, self._ends_at = taken, left, ends_at

    def status(self, now: float) -> RateStatus:
        ends_in = max(1, math.ceil(self._ends_at - now))
        return RateStatus(self.name, self.most, self.taken + self._left, ends_in)
