"""The HTTP side over memory with agents switched on, served by a thread, and a worker that can be held."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from augury.bootstrap.agents import agents_app
from augury.bootstrap.http.server import HttpServer, bound_socket
from augury.domain.user import User
from augury.inbound.http.app import create_app
from augury.inbound.mcp.settings import McpSettings
from tests.hexagon import Hexagon
from tests.http_api import SETTINGS, http_container
from tests.patience import patience

ORIGIN = "https://app.example.com"
MAX_WAIT = timedelta(seconds=2)
ERAS = ("legacy", "2026-07-28")
"""Both ways in which a client can begin: with `initialize`, or without."""
Answer = TypeVar("Answer")


class AgentService:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="agents", daemon=True)
        self._thread.start()
        self._listener = bound_socket("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/mcp"
        self.is_held = False
        """Whether the worker does nothing."""
        self.run(self._start())

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30 * patience())

    async def _start(self) -> None:
        self.hexagon = Hexagon()
        container, http = http_container(self.hexagon), replace(SETTINGS, max_wait=MAX_WAIT)
        settings = McpSettings(mcp=True, mcp_origins=(ORIGIN,), mcp_task_after=timedelta(seconds=0.1))
        app = create_app(container=container, settings=http, agents=agents_app(container, http, settings))
        self._stop = asyncio.Event()
        server = HttpServer(
            app, before_stop=self.hexagon.wait_for_prediction.stop, keep_alive=SETTINGS.keep_alive
        )
        self._serving = asyncio.create_task(server.run_until(self._stop, self._listener))
        self._working = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while not self._stop.is_set():
            if not self.is_held and self.hexagon.wait_for_prediction._waiting:
                await self.hexagon.run_all()
            await asyncio.sleep(0.001)

    def stop(self) -> None:
        self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30 * patience())
        self._loop.close()
        self._listener.close()

    async def _end(self) -> None:
        self._stop.set()
        await asyncio.gather(self._serving, self._working)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()  # what the SDK's server leaves to the end of its loop

    async def there(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Run it in the loop of the service, from another one."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def member(self, credits: int = 10, **terms: Any) -> tuple[User, str]:
        """A new member, and the member's API key, which has these terms."""

        async def made() -> tuple[User, str]:
            user = await self.hexagon.user(credits)
            _, key = await self.hexagon.create_api_key(user_id=user.id, name="agent", **terms)
            return user, key

        return await self.there(made())

    async def balance(self, user: User) -> tuple[int, int]:
        found = await self.there(self.hexagon.balance_of(user.id))
        return found.available, found.held

    @asynccontextmanager
    async def client(
        self, key: str, era: str, headers: dict[str, str] | None = None, **more: Any
    ) -> AsyncIterator[Client]:
        sent = {"Authorization": f"Bearer {key}", **(headers or {})}
        async with (
            httpx2.AsyncClient(headers=sent, timeout=30 * patience()) as http,
            Client(streamable_http_client(self.url, http_client=http), mode=era, **more) as client,
        ):
            yield client
