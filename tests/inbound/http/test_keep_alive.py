"""Idle connections, on the real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from augury.bootstrap.http.server import HttpServer, bound_socket
from tests.http_api import SETTINGS, Api

REQUEST = b"GET /health/live HTTP/1.1\r\nHost: augury\r\n\r\n"
PROXIES = {"nginx": 60, "Amazon's ALB": 60, "Traefik": 90, "Caddy": 120}
"""Seconds for which they keep an idle connection to the server behind them, by default."""


@asynccontextmanager
async def connected(
    api: Api, keep_alive: timedelta
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    stop = asyncio.Event()
    with bound_socket("127.0.0.1", 0) as listener:
        server = HttpServer(api.app, before_stop=lambda: None, keep_alive=keep_alive)
        server.config.lifespan = "off"
        serving = asyncio.create_task(server.run_until(stop, listener))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        yield reader, writer
        writer.close()
        stop.set()
        await serving


async def test_an_idle_connection_is_closed_after_its_time(api: Api) -> None:
    async with connected(api, timedelta(milliseconds=50)) as (reader, writer), asyncio.timeout(30):
        writer.write(REQUEST)
        answer = await reader.read()  # until it is closed

    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_the_time_that_is_set_is_the_time_that_the_server_waits(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    waits: list[float] = []
    later = loop.call_later

    def noted(delay: float, *given: Any, **more: Any) -> asyncio.TimerHandle:
        waits.append(delay)
        return later(delay, *given, **more)

    monkeypatch.setattr(loop, "call_later", noted)
    async with connected(api, SETTINGS.keep_alive) as (reader, writer):
        writer.write(REQUEST)
        await reader.readuntil(b"alive")

    assert SETTINGS.keep_alive.total_seconds() in waits
    assert SETTINGS.keep_alive.total_seconds() > max(PROXIES.values())
