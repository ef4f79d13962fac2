"""Streams of the states of one thing, as one follower gets them."""

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

State = TypeVar("State")
Told = TypeVar("Told", covariant=True)


class Stream(Protocol[Told]):
    """The states that one follower gets, one after another."""

    async def next(self, seconds: float) -> Told | None:
        """The current state at the first call, then each change. None on a timeout, or after `wake`."""

    def wake(self) -> None:
        """Make `next` return early."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come: the follower has got the last state, or the process stops."""

    def close(self) -> None:
        """Stop following. Can be called twice."""


class Follower(Generic[State]):
    """The state that one follower has got, and the next one. Only the newest state is kept."""

    __slots__ = ("_bell", "_leave", "_newest", "is_over", "told")

    def __init__(self, leave: "Callable[[Follower[State]], None]") -> None:
        self.told: State | None = None
        """The state that the follower already has."""
        self.is_over = False
        self._newest: State | None = None
        self._bell: asyncio.Future[None] | None = None
        self._leave = leave

    async def changed(self, seconds: float) -> State | None:
        """The newest state, as soon as it differs from `told`. None on a timeout, or after `wake`."""
        if not self._has_news and not self.is_over:
            loop = asyncio.get_running_loop()
            self._bell = loop.create_future()
            timer = loop.call_later(seconds, self.wake)
            try:
                await self._bell
            finally:
                timer.cancel()
                self._bell = None
        if not self._has_news:
            return None
        self.told = self._newest
        return self.told

    @property
    def _has_news(self) -> bool:
        return self._newest is not None and self._newest != self.told

    def offer(self, state: State) -> None:
        self._newest = state
        if self._has_news:
            self.wake()

    def wake(self) -> None:
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)

    def stop(self) -> None:
        self.is_over = True
        self.wake()

    def close(self) -> None:
        self._leave(self)


class StateStream(Stream[State]):
    """A stream whose followers get the states themselves, until the last one."""

    __slots__ = ("_first", "_follower", "_is_last", "newest")

    def __init__(self, follower: Follower[State], now: State, is_last: Callable[[State], bool]) -> None:
        self.newest = now
        """The newest state that is known."""
        self._first: State | None = now
        self._follower = follower
        self._is_last = is_last
        follower.told = now

    async def next(self, seconds: float) -> State | None:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        state = await self._follower.changed(seconds)
        if state is not None:
            self.newest = state
        return state

    @property
    def has_ended(self) -> bool:
        """Whether the newest state is the last one."""
        return self._is_last(self.newest)

    @property
    def is_over(self) -> bool:
        return self._first is None and (self.has_ended or self._follower.is_over)

    def wake(self) -> None:
        self._follower.wake()

    def close(self) -> None:
        self._follower.close()
