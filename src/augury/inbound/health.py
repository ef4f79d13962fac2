"""`/health/live` and `/metrics` for processes without an HTTP API, served from a thread."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import REGISTRY, CollectorRegistry, make_wsgi_app

ANSWERING = timedelta(seconds=2)
"""How long the event loop may take to answer. A blocked loop is not alive."""
MOST_AT_ONCE = 32
"""Connections that are served at once."""
TIMEOUT = 10.0
"""Seconds that a connection may take."""


class HealthServer:
    """Answers while its context is open: 200 if the process does its work, 503 if it does not."""

    def __init__(
        self,
        host: str,
        port: int,
        alive: Callable[[], bool],
        *,
        counted: CollectorRegistry | None = None,
        answering: timedelta = ANSWERING,
    ) -> None:
        """`/metrics` shows the metrics of the process and those in `counted`. With port 0, listens on any
        free port: see `port`.

        Raises `OSError` if the port is taken.
        """
        self._alive = alive
        self._answering = answering.total_seconds()
        self._metrics = make_wsgi_app(_together(REGISTRY, counted))
        self._server = make_server(
            host, port, self._answer, server_class=_ThreadingServer, handler_class=_SilentHandler
        )
        self.port: int = self._server.server_port

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._server.shutdown)
        self._server.server_close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = self._answer_to_get({**environ, "REQUEST_METHOD": "GET"}, start_response)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else body

    def _answer_to_get(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                metrics: Iterable[bytes] = self._metrics(environ, start_response)
                return metrics
            case "/health/live":
                status, body = (
                    ("200 OK", b"alive\n") if self._is_alive() else ("503 Service Unavailable", b"dead\n")
                )
            case _:
                status, body = "404 Not Found", b"use /health/live or /metrics\n"
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    def _is_alive(self) -> bool:
        """Call `alive` on the event loop, from the thread of a request."""
        answer: Future[bool] = Future()
        try:
            self._loop.call_soon_threadsafe(lambda: answer.set_result(self._alive()))
            return answer.result(self._answering)
        except (TimeoutError, RuntimeError):  # the loop is blocked, or already closed
            return False


def _together(*registries: CollectorRegistry | None) -> CollectorRegistry:
    """One registry that collects from all of these."""
    whole = CollectorRegistry()
    for each in registries:
        if each is not None:
            whole.register(each)
    return whole


class _ThreadingServer(ThreadingMixIn, WSGIServer):
    """A thread for each connection, `MOST_AT_ONCE` at a time. Further ones are closed."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], *given: Any, **more: Any) -> None:  # noqa: ANN401  # the inherited ones
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, *given, **more)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # the inherited ones
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # the inherited ones
        end = threading.Timer(TIMEOUT, _end, (request,))  # a socket's own limit is for each piece
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._room.release()

    def handle_error(self, *_: object) -> None:
        """Ignore probes that hang up. The default prints a traceback past the log."""


def _end(connection: socket.socket) -> None:
    with suppress(OSError):  # it may have ended just now
        connection.shutdown(socket.SHUT_RDWR)


class _SilentHandler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing: a line for each probe is useless."""
