"""Stores received parts, a few at a time, while the next ones are read."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from augury.concurrency.waits import end

PUTS_AT_ONCE = 4
Name = TypeVar("Name")


class Puts(Generic[Name]):
    def __init__(self, store: Callable[[Name, bytes], Coroutine[Any, Any, None]]) -> None:
        """`store` stores content under a name."""
        self._store = store
        self._running: set[asyncio.Task[None]] = set()

    async def put(self, name: Name, content: bytes) -> None:
        """Begin to store the content. Waits while `PUTS_AT_ONCE` contents are being stored. Raises what an
        earlier put has raised."""
        self._running.add(asyncio.create_task(self._store(name, content)))
        while len(self._running) >= PUTS_AT_ONCE:
            await self._some_done()

    async def done(self) -> None:
        """Wait until everything is stored. Raises what a put has raised."""
        while self._running:
            await self._some_done()

    async def stop(self) -> None:
        """Cancel what is being stored, and wait until it has ended."""
        await end(self._running)

    async def _some_done(self) -> None:
        done, self._running = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            each.result()
