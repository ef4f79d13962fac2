"""Decides what one worker may run at the moment: small work, bulk work, or a prediction that must run
alone."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

MOST_OPEN = 3
"""Work of the bulk lane that a worker has begun and not ended, at most. Its parts take turns slice by slice;
the rows and answers of all of them are in memory."""
PassOn: TypeAlias = Callable[[], Awaitable[None]]
"""Lets waiting work have its turn, and returns when it is the caller's turn again."""


class Turns:
    """Lets one batch be predicted while the batch before it is settled, and bulk work run beside both, one
    slice at a time."""

    def __init__(self) -> None:
        self._predicting = asyncio.Lock()
        self._settling = asyncio.Lock()
        self._lane = Lane()
        self._door = asyncio.Lock()  # of the bulk lane
        self._open = 0
        self._one_ended = asyncio.Event()

    @property
    def has_room(self) -> bool:
        """Whether further bulk work may begin now that may have several slices."""
        return self._open < MOST_OPEN and not self._door.locked()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """The turn to predict. Yields a function that exchanges it for the turn to settle."""
        held = self._predicting
        await held.acquire()

        async def settling() -> None:
            nonlocal held
            await self._settling.acquire()
            self._predicting.release()
            held = self._settling

        try:
            yield settling
        finally:
            held.release()

    @asynccontextmanager
    async def taken_by_bulk(self, *, next: bool = False) -> AsyncIterator[PassOn]:
        """The bulk lane, once there is room for work of any length. With `next`, before all waiting work."""
        async with self._door:
            while self._open == MOST_OPEN:
                await self._until_one_ends()
            self._open += 1
        try:
            async with _held(self._lane, next=next) as pass_on:
                yield pass_on
        finally:
            self._open -= 1
            self._one_ended.set()

    @asynccontextmanager
    async def taken_for_a_slice(self) -> AsyncIterator[None]:
        """The bulk lane, before all waiting work, for work that keeps it until it ends."""
        async with _held(self._lane, next=True):
            yield

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[PassOn]:
        """Wait until nothing is under way, and keep other work from starting in the context. Small work goes
        on while this waits for bulk work. Work that the yielded function lets in has ended when it
        returns."""
        async with self._door:
            while self._open:
                await self._until_one_ends()
            async with _held(self._lane, self._predicting, self._settling) as pass_on:
                yield pass_on

    async def _until_one_ends(self) -> None:
        self._one_ended.clear()
        await self._one_ended.wait()


class Lane:
    """A lock that the next in line gets when it is released, even if another asks for it at that moment."""

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def acquire(self, *, next: bool = False) -> None:
        """With `next`, before all who wait."""
        if not self._is_taken:
            self._is_taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if next else self._waiting.append)(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was its turn just before the cancellation
                self.release()
            raise

    def release(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._is_taken = False


@asynccontextmanager
async def _held(lane: Lane, *locks: asyncio.Lock, next: bool = False) -> AsyncIterator[PassOn]:
    held: list[Lane | asyncio.Lock] = []

    async def take(*, next: bool) -> None:
        await lane.acquire(next=next)
        held.append(lane)
        for lock in locks:
            await lock.acquire()
            held.append(lock)

    def give() -> None:
        while held:
            held.pop().release()

    async def pass_on() -> None:
        await asyncio.sleep(0)  # for work that is about to ask for its turn
        give()
        await take(next=False)

    try:
        await take(next=next)
        yield pass_on
    finally:
        give()
