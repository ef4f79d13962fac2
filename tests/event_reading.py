"""Reads server-sent events of an ASGI application while it sends them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.patience import patience


@dataclass(frozen=True)
class Event:
    name: str
    data: Any
    id: str | None = None

    @classmethod
    def of(cls, block: str) -> "Event":
        """An event as it is written, without the empty line behind it."""
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        assert set(fields) <= {"id", "event", "data"}, block
        return cls(fields["event"], json.loads(fields["data"]), fields.get("id"))


@dataclass
class Reading:
    """A response that is being read."""

    _chunks: asyncio.Queue[dict[str, Any]]
    _left: asyncio.Event
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    _text: str = ""
    _is_over: bool = False

    async def begin(self) -> None:
        start = await self._message()
        assert start["type"] == "http.response.start", start
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}

    async def block(self) -> str | None:
        """The lines up to the next empty one, None at the end."""
        while "\n\n" not in self._text:
            if self._is_over:
                assert not self._text, self._text
                return None
            message = await self._message()
            self._text += message.get("body", b"").decode()
            self._is_over = not message.get("more_body")
        block, _, self._text = self._text.partition("\n\n")
        return block

    async def event(self) -> Event | None:
        """The next event, None at the end. Comments and `retry` are skipped."""
        while (block := await self.block()) is not None:
            if not block.startswith((":", "retry: ")):
                return Event.of(block)
        return None

    async def events(self) -> list[Event]:
        """All events until the end."""
        found = []
        while event := await self.event():
            found.append(event)
        return found

    async def body(self) -> bytes:
        """All of a response that is not a stream."""
        body = b""
        while True:
            message = await self._message()
            body += bytes(message.get("body", b""))
            if not message.get("more_body"):
                return body

    def leave(self) -> None:
        """Close the connection."""
        self._left.set()

    async def _message(self) -> dict[str, Any]:
        async with asyncio.timeout(30 * patience()):
            return await self._chunks.get()


@asynccontextmanager
async def reading(
    app: Any, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET"
) -> AsyncIterator[Reading]:
    """Request `path` from the application. Leaves at the end of the block, and waits for the application."""
    chunks: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    left, asked = asyncio.Event(), False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("198.51.100.7", 50_000),
        "server": ("augury.test", 80),
        "extensions": {},
    }
    answering = asyncio.create_task(app(scope, receive, chunks.put))
    response = Reading(chunks, left)
    try:
        await response.begin()
        yield response
    finally:
        response.leave()
        async with asyncio.timeout(30 * patience()):
            await answering
