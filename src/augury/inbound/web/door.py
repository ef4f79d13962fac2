"""The entrance to the pages. They are loaded and built with the first request for a page."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Protocol

from litestar.types import ASGIApp, Receive, Scope, Send

START = "/"
"""The address of the start page."""
BELOW = "/app/"
"""All other addresses begin with it."""


class Made(Protocol):
    """The pages, ready to answer."""

    @property
    @abstractmethod
    def handler(self) -> ASGIApp: ...

    @abstractmethod
    async def stop(self) -> None:
        """Wait for the tasks that the pages have started."""


class Door:
    """The pages as an ASGI application. `make` is called once, for the first request."""

    def __init__(self, make: Callable[[], Awaitable[Made]]) -> None:
        self._make = make
        self._made: Made | None = None
        self._making = asyncio.Lock()

    @staticmethod
    def leads_to(path: str) -> bool:
        """Whether this address belongs to a page."""
        return path == START or path.startswith(BELOW) or path == BELOW[:-1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        made = self._made or await self._opened()
        await made.handler(scope, receive, send)

    async def open(self) -> None:
        """Load the pages before somebody asks for the first one."""
        await self._opened()

    async def stop(self) -> None:
        if self._made:
            await self._made.stop()

    async def _opened(self) -> Made:
        async with self._making:
            if self._made is None:
                self._made = await self._make()
            return self._made
