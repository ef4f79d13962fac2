"""A lease that is kept while its predictions run, and calls that outlast an outage of the database."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from augury.application.ports import Unavailable
from augury.application.predictions.ports.work import Work
from augury.concurrency.outage import Outage
from augury.concurrency.pauses import Pauses
from augury.domain.identifiers import PredictionId

FIRST_PAUSE, LAST_PAUSE = 0.1, 2.0
"""Seconds between two attempts of a call while the database is away."""
SIGN_EVERY = 0.5
"""Seconds between two signs of life of a run."""
Result = TypeVar("Result")
log = logging.getLogger(__name__)


class Lease:
    """A lease on predictions. It knows whether the database answers."""

    def __init__(self, work: Work, token: UUID, length: timedelta) -> None:
        self._work = work
        self._token = token
        self._length = length
        self._answers_since: float | None = _now()
        self._sign_every = min(SIGN_EVERY, length.total_seconds() / 3)

    def kept(self, ids: Sequence[PredictionId]) -> "_Kept":
        """Give signs of life while the `async with` block runs. With the first one, the predictions get a
        lease, which is renewed after each third of its time. A shorter run needs no lease."""
        return _Kept(lambda: self._renew(ids), self._sign_every)

    async def store(self, settle: Callable[[], Awaitable[Result]]) -> Result:
        """Repeat the call for as long as the database is away: the work is done and must be stored.

        Raises `Unavailable` if the database answered renewals for a whole lease, but not this call: so work
        that can never be stored counts as an attempt, and does not stop its worker for ever.
        """
        begun = _now()

        def is_hopeless() -> bool:
            since = self._answers_since
            return since is not None and _now() - max(begun, since) > self._length.total_seconds()

        return await patiently(settle, "storing results", gives_up=is_hopeless)

    @asynccontextmanager
    async def handed_back_in_an_outage(self, ids: Collection[PredictionId]) -> AsyncIterator[None]:
        """If the block meets an outage, wait for its end and hand these predictions back, uncounted.

        Use it only for steps in which no input can be the cause of the outage: the attempt does not count.
        """
        try:
            yield
        except Unavailable:
            await patiently(
                lambda: self._work.hand_back(self._token, ids), f"handing back {len(ids)} predictions"
            )
            raise

    async def _renew(self, ids: Sequence[PredictionId]) -> None:
        while True:
            await patiently(lambda: self._renew_once(ids), "renewing a lease")
            await asyncio.sleep(self._sign_every)

    async def _renew_once(self, ids: Sequence[PredictionId]) -> None:
        try:
            await self._work.renew(self._token, lease=self._length, ids=ids)
        except Unavailable:
            self._answers_since = None
            raise
        if self._answers_since is None:
            self._answers_since = _now()


class _Kept:
    """Begins the renewals after a while. It is a class with a timer, because nearly all runs end before that:
    a generator and a task would take a considerable part of the time of a run of one prediction."""

    __slots__ = ("_renew", "_renewal", "_seconds", "_timer")

    def __init__(self, renew: Callable[[], Coroutine[object, object, None]], seconds: float) -> None:
        self._renew = renew
        self._seconds = seconds
        self._renewal: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin)

    def _begin(self) -> None:
        self._renewal = asyncio.create_task(self._renew())

    async def __aexit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)


async def patiently(
    call: Callable[[], Awaitable[Result]], doing: str, *, gives_up: Callable[[], bool] = lambda: False
) -> Result:
    """Repeat the call while the database is away. Raises `Unavailable` only once `gives_up` says so."""
    outage, pauses = Outage(log, doing), Pauses(FIRST_PAUSE, LAST_PAUSE)
    while True:
        try:
            answer = await call()
        except Unavailable as error:
            if gives_up():
                raise
            outage.begins(error)
            await asyncio.sleep(pauses.next())
        else:
            outage.ends()
            return answer


def _now() -> float:
    return asyncio.get_running_loop().time()
