"""Followers of things that change. One read fetches all things whose turn it is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from augury.concurrency.outage import Outage
from augury.concurrency.streams import Follower, StateStream

Key = TypeVar("Key")
State = TypeVar("State")

LOOK_EVERY = 1.0
"""Seconds between two reads of the due things, and until the first read of a new one."""
SLOWEST = 5.0
"""Seconds between two reads of a thing that has not changed for long."""
SLOWER = 1.25
"""The factor by which the pause grows with each read that finds no change."""
MOST = 2_000
"""Things in one read."""
log = logging.getLogger(__name__)


class _Watched(Generic[State]):
    """A thing with followers."""

    __slots__ = ("due", "followers", "pause", "state")

    def __init__(self, now: float) -> None:
        self.followers: set[Follower[State]] = set()
        self.state: State | None = None
        self.pause = LOOK_EVERY
        self.due = now + LOOK_EVERY


class Watches(Generic[Key, State]):
    """Things that are followed. `read` returns the states of these keys; it may leave out some.

    A thing is read soon after `ring` was called for it. It is also read from time to time, because such a
    call can get lost: at first every second, later every `SLOWEST` seconds. One read fetches all due things.
    A thing whose state `is_last` is not read again.
    """

    def __init__(
        self,
        read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, State]]],
        *,
        doing: str,
        is_last: Callable[[State], bool] = lambda _: False,
        most: int = MOST,
    ) -> None:
        self._read = read
        self._most = most
        self.is_last = is_last
        self._watched: dict[Key, _Watched[State]] = {}
        self._rung: dict[Key, None] = {}
        self._wanted = asyncio.Event()
        self._outage = Outage(log, doing)
        self._stopped = False

    def follow(self, key: Key) -> Follower[State]:
        """Begin to follow. Call this before the first read of the thing, so that no change is missed, and
        store the state that was read in `told`."""
        watched = self._watched.get(key)
        if watched is None:
            watched = self._watched[key] = _Watched(asyncio.get_running_loop().time())
        follower: Follower[State] = Follower(lambda follower: self._leave(key, follower))
        follower.is_over = self._stopped
        watched.followers.add(follower)
        return follower

    async def stream(self, key: Key, read: Callable[[], Awaitable[State]]) -> StateStream[State]:
        """Follow, beginning with the state that `read` returns. Raises the errors of `read`."""
        follower = self.follow(key)
        try:
            return StateStream(follower, await read(), self.is_last)
        except BaseException:
            follower.close()
            raise

    def _leave(self, key: Key, follower: Follower[State]) -> None:
        watched = self._watched.get(key)
        if watched is not None:
            watched.followers.discard(follower)
            if not watched.followers:
                del self._watched[key]
                self._rung.pop(key, None)

    @property
    def keys(self) -> Collection[Key]:
        """The keys of the things that are followed."""
        return self._watched.keys()

    def ring(self, keys: Iterable[Key]) -> None:
        """Read these things soon, if they are followed."""
        watched = self._watched
        for key in keys:
            if key in watched:
                self._rung[key] = None
                self._wanted.set()

    def stop(self) -> None:
        """End all followers, including later ones."""
        self._stopped = True
        for watched in self._watched.values():
            for follower in watched.followers:
                follower.stop()

    async def look(self) -> None:
        """Serve the followers until canceled."""
        loop = asyncio.get_running_loop()
        while True:
            timer = loop.call_later(LOOK_EVERY, self._wanted.set)
            await self._wanted.wait()
            timer.cancel()
            self._wanted.clear()
            due = self._due(loop.time())
            for begin in range(0, len(due), self._most):
                await self._look_at(due[begin : begin + self._most])

    def _due(self, now: float) -> list[Key]:
        rung, self._rung = self._rung, {}
        late = (key for key, watched in self._watched.items() if watched.due <= now and key not in rung)
        return [*(key for key in rung if key in self._watched), *late]

    async def _look_at(self, keys: Sequence[Key]) -> None:
        try:
            states = await self._read(keys)
        except Exception as error:  # if this loop ended, no follower would get anything more
            self._outage.begins(error)
            for key in keys:
                if watched := self._watched.get(key):
                    watched.due = 0.0
            return
        self._outage.ends()
        now = asyncio.get_running_loop().time()
        for key in keys:
            if watched := self._watched.get(key):
                self._looked_at(watched, states.get(key), now)

    def _looked_at(self, watched: _Watched[State], state: State | None, now: float) -> None:
        if state is None or state == watched.state:
            watched.pause = min(watched.pause * SLOWER, SLOWEST)
        else:
            watched.state = state
            watched.pause = LOOK_EVERY
        if state is not None:
            for follower in tuple(watched.followers):
                follower.offer(state)
        is_last = state is not None and self.is_last(state)
        watched.due = float("inf") if is_last else now + watched.pause
