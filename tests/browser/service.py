"""The HTTP side over memory, served by a separate thread."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from augury.bootstrap.http.server import HttpServer, bound_socket
from augury.bootstrap.pages import pages_of
from augury.domain.user import Role
from augury.inbound.http.app import create_app
from augury.inbound.http.description.asyncapi import MakeAsyncApi
from augury.inbound.web.settings import WebSettings
from augury.outbound.jwt_tokens import JwtAccessTokens, JwtSettings
from tests.hexagon import Hexagon
from tests.http_api import SECRET, SETTINGS, http_container

Answer = TypeVar("Answer")


class Service:
    def __init__(self, asyncapi: MakeAsyncApi | None = None, *, pages: bool = False) -> None:
        self._asyncapi = asyncapi
        self._pages = WebSettings(web=pages)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="service", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listener = bound_socket("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
        self._listener.close()

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def token(self, role: Role, *, credits: int = 0) -> str:
        """The access token of a new user."""
        user = self.run(self.hexagon.user(credits=credits, role=role))
        return self._tokens.issue(user.id)

    async def _start(self) -> None:
        self.hexagon = Hexagon()
        self._tokens = JwtAccessTokens(JwtSettings(secret=SECRET), self.hexagon.clock)
        container = http_container(self.hexagon)
        pages = pages_of(container, SETTINGS, self._pages, lambda: app.state)
        app = create_app(container=container, settings=SETTINGS, asyncapi=self._asyncapi, pages=pages)
        self._stop = asyncio.Event()
        server = HttpServer(
            app, before_stop=self.hexagon.wait_for_prediction.stop, keep_alive=SETTINGS.keep_alive
        )
        self._looking = asyncio.create_task(self.hexagon.follow_prediction.look())
        self._serving = asyncio.create_task(server.run_until(self._stop, self._listener))

    async def _end(self) -> None:
        self._stop.set()
        self._looking.cancel()
        self.hexagon.follow_prediction.stop()
        await self._serving
