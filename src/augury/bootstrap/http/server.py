"""Serves HTTP: binds the port early, handles signals itself, and answers waiting requests before it stops."""

import asyncio
import errno
import logging
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import cast

import uvicorn
from litestar.types import ASGIApp
from typing_extensions import override

from augury.bootstrap.config import OperatorError
from augury.bootstrap.http.protocol import LimitedProtocol
from augury.inbound.http.edge.connections import TOLD, Connections, ConnectionSettings

STOP_WITHIN = 3
"""Seconds that requests under way get at a stop."""
BACKLOG = 2048
UNSENT = 131_072
"""Bytes of answers that the system holds for a connection before it sends them. Without a limit, it holds
megabytes for each slow reader. Bytes on their way to a fast reader do not count."""
OTHER_FILES = TOLD + 192
"""File descriptors for everything except open connections: refusals, the database, the broker, models,
logs."""


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `OperatorError` if the port is taken or the host is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # connections inherit it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)  # early requests wait instead of being refused
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise OperatorError(f"port {port} on {host} is taken: choose another with --port") from error
        raise OperatorError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from error
    return listener


def connections_possible(wanted: int) -> int:
    """How many connections can be open at once: `wanted`, or fewer if the system allows too few descriptors.

    The soft limit of this process is raised as far as needed and allowed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return max(raised - OTHER_FILES, 1)


class HttpServer(uvicorn.Server):
    """Uvicorn that stops by an event, and calls `before_stop` while connections are still open.

    An idle connection is closed after `keep_alive`. `limited` has the other limits of connections.
    """

    def __init__(
        self,
        app: ASGIApp,
        before_stop: Callable[[], None],
        *,
        keep_alive: timedelta,
        limited: Connections | None = None,
    ) -> None:
        protocol = partial(LimitedProtocol, limited=limited or Connections(ConnectionSettings()))
        super().__init__(
            uvicorn.Config(
                app,
                http=cast("type[LimitedProtocol]", protocol),
                ws="none",
                loop="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # the HTTP adapter decides which proxies to trust
                backlog=BACKLOG,
                timeout_keep_alive=keep_alive.total_seconds(),  # type: ignore[arg-type]  # the loop takes fractions
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
