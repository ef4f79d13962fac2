"""Server-sent events: their format, and a response that sends them."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from augury.concurrency.streams import Stream

MEDIA_TYPE = "text/event-stream"
HEADERS = (
    (b"content-type", MEDIA_TYPE.encode()),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # otherwise NGINX would buffer the events
)
RECONNECT = b"retry: 1000\n\n"
"""The pause before a browser connects again, in milliseconds."""
COMMENT = b":\n\n"


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event. `id` and `name` must not contain line breaks."""

    name: str
    data: bytes
    """UTF-8 without line breaks, such as compact JSON."""
    id: str | None = None
    """A client sends its last id as `Last-Event-ID` when it connects again."""

    def encoded(self) -> bytes:
        known = f"id: {self.id}\n" if self.id is not None else ""
        return b"".join((known.encode(), b"event: ", self.name.encode(), b"\ndata: ", self.data, b"\n\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTimes:
    comment_every: timedelta
    """After this silence a comment is sent, so that no proxy closes the connection as dead."""
    lifetime: timedelta
    """A stream ends after this time, or up to a fifth earlier. So streams that began together do not end
    together."""


class EventResponse:
    """An ASGI application that sends the events of `stream` until it is over, and closes it.

    If `stream` is None, there is nothing more to send: the answer is 204, after which a browser does not
    connect again. `opening` is an id that the client gets before the first event. `told` is called for each
    event, and `ended` once, at the end.
    """

    __slots__ = ("_ended", "_opening", "_pace", "_shown", "_stream", "_told")

    def __init__(
        self,
        stream: Stream[Any] | None,
        shown: Callable[[Any], ServerEvent],
        pace: StreamTimes,
        *,
        opening: str | None = None,
        told: Callable[[], None] = lambda: None,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._stream = stream
        self._shown = shown
        self._pace = pace
        self._opening = RECONNECT if opening is None else RECONNECT[:-1] + f"id: {opening}\n\n".encode()
        self._told = told
        self._ended = ended

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  # ASGI
        if self._stream is None:
            await send({"type": "http.response.start", "status": 204, "headers": [HEADERS[1]]})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        gone = asyncio.create_task(self._gone(receive, self._stream))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            scope["headers"].clear()  # a kilobyte per stream, not needed any more
            if scope["method"] != "HEAD":
                await send({"type": "http.response.body", "body": self._opening, "more_body": True})
                await self._tell(self._stream, send, gone)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            self._stream.close()
            self._ended()

    async def _tell(self, stream: Stream[Any], send: Any, gone: "asyncio.Task[None]") -> None:  # noqa: ANN401
        loop, pause = asyncio.get_running_loop(), self._pace.comment_every.total_seconds()
        ends_at = loop.time() + self._pace.lifetime.total_seconds() * random.uniform(0.8, 1)
        while not gone.done():
            told = await stream.next(max(min(pause, ends_at - loop.time()), 0))
            if told is not None:
                event = self._shown(told).encoded()
                await send({"type": "http.response.body", "body": event, "more_body": True})
                self._told()
            if stream.is_over or loop.time() >= ends_at:
                return
            if told is None and not gone.done():
                await send({"type": "http.response.body", "body": COMMENT, "more_body": True})

    async def _gone(self, receive: Any, stream: Stream[Any]) -> None:  # noqa: ANN401
        """Returns when the client has disconnected."""
        while (await receive())["type"] != "http.disconnect":
            pass
        stream.wake()
