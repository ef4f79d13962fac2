"""Responses with ready bytes: a whole one for the hot path, and one that is read while it is sent."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from litestar.types import Receive, Scope, Send
from typing_extensions import override

Cause = TypeVar("Cause", bound=BaseException)
_JSON = (b"content-type", b"application/json")


class BrokenOff(Exception):
    """An answer ends before its last byte, although no part of the program has failed. `str()` says why."""


def cause_of(error: BaseException | None, kind: type[Cause]) -> Cause | None:
    """The error of this kind that led to `error`. After the first byte, the framework raises its own error,
    and a group of errors if it streams the answer."""
    while error is not None and not isinstance(error, kind):
        if isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            (error,) = error.exceptions
        else:
            error = error.__cause__ or error.__context__
    return error


@dataclass(frozen=True, slots=True)
class EncodedJson:
    """A JSON response. It is an ASGI application, which Litestar sends unchanged, in a third of the time."""

    status: int
    body: bytes
    headers: Sequence[tuple[bytes, bytes]]

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        await self._start(send, len(self.body))
        await send({"type": "http.response.body", "body": self.body, "more_body": False})

    async def _start(self, send: Send, length: int) -> None:
        size = (b"content-length", str(length).encode())
        await send(
            {"type": "http.response.start", "status": self.status, "headers": [_JSON, size, *self.headers]}
        )


@dataclass(frozen=True, slots=True)
class StreamedJson(EncodedJson):
    """A JSON response whose middle is read piece by piece, each after the one before was sent: a slow reader
    costs the memory of one piece. `body` is the part before the middle."""

    pieces: Callable[[], AsyncIterator[bytes]]
    middle: int
    """The bytes of all pieces."""
    tail: bytes
    ended: Callable[[], None]
    """Called once, at the end of the response, however it ends."""

    @override
    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        try:
            await self._start(send, len(self.body) + self.middle + len(self.tail))
            await send({"type": "http.response.body", "body": self.body, "more_body": True})
            async for piece in self.pieces():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": self.tail, "more_body": False})
        finally:
            self.ended()
