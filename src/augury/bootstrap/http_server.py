"""Serves HTTP: binds the port early, handles signals itself, and answers waiting requests before it stops."""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import cast

import uvicorn
from litestar.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from augury.bootstrap.config import OperatorError

STOP_WITHIN = 3
"""Seconds that requests under way get at a stop."""
BACKLOG = 2048


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `OperatorError` if the port is taken or the host is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)  # early requests wait instead of being refused
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise OperatorError(f"port {port} on {host} is taken: choose another with --port") from error
        raise OperatorError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from error
    return listener


class OneWrite:
    """A transport that sends everything written within one step of the loop at once. The head and the body of
    a response are then one packet and one system call, not two of each."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        data, self._waiting = self._waiting, []
        if self._transport.is_closing():  # the caller hung up
            return
        self._transport.write(data[0] if len(data) == 1 else b"".join(data))

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)


class Protocol(HttpToolsProtocol):
    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a stub says BaseTransport
        super().connection_made(cast("asyncio.Transport", OneWrite(transport)))


class HttpServer(uvicorn.Server):
    """Uvicorn that stops by an event, and calls `before_stop` while connections are still open.

    An idle connection is closed after `keep_alive`.
    """

    def __init__(self, app: ASGIApp, before_stop: Callable[[], None], *, keep_alive: timedelta) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                loop="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # the HTTP adapter decides which proxies to trust
                backlog=BACKLOG,
                timeout_keep_alive=keep_alive.total_seconds(),  # type: ignore[arg-type]  # the loop takes parts of seconds
                timeout_graceful_shutdown=STOP_WITHIN,
            )
        )
        self._before_stop = before_stop

    async def run_until(self, stop: asyncio.Event, listener: socket.socket) -> None:
        """Serve until `stop` is set, or until start-up fails."""
        stopper = asyncio.create_task(self._stop_at(stop))
        try:
            await self.serve(sockets=[listener])
        finally:
            stopper.cancel()

    async def _stop_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.should_exit = True

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._before_stop()
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # cut-off requests are not errors
        await super().shutdown(sockets)

    @contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        yield
