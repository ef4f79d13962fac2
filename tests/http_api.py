"""The HTTP side over memory, driven in the process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, is_dataclass, replace
from functools import cache
from typing import Any, get_type_hints

import httpx
from dishka import AsyncContainer, Provider, Scope, make_async_container
from litestar import Litestar
from prometheus_client import CollectorRegistry

from augury.application.people.ports.credentials import AccessTokens
from augury.bootstrap.pages import pages_of
from augury.bootstrap.use_cases import API
from augury.domain.user import Role, User
from augury.inbound.http.app import create_app
from augury.inbound.http.description.asyncapi import MakeAsyncApi
from augury.inbound.http.operation.health import Checks
from augury.inbound.http.settings import HttpSettings
from augury.inbound.web.settings import WebSettings
from augury.outbound.jwt_tokens import JwtAccessTokens, JwtSettings
from tests.hexagon import Hexagon
from tests.quick_app import routes_registered_once

SECRET = "s" * 64
SETTINGS = HttpSettings()
PROBLEM = "application/problem+json"
TEXT = {"data": {"text": "Какой-то текст для предсказания"}}


def http_container(hexagon: Hexagon, overrides: Mapping[Any, object] | None = None) -> AsyncContainer:
    """A container for the HTTP side, from the hexagon over memory. Its tokens are real JWTs."""
    tokens = JwtAccessTokens(JwtSettings(secret=SECRET), hexagon.clock)
    others: dict[Any, object] = {AccessTokens: tokens, **(overrides or {})}
    provided = hexagon.ports | {CollectorRegistry: hexagon.registry}
    provided |= {kind: _over(others, use_case) for kind, use_case in hexagon.use_cases(API).items()}
    provided |= others
    return _wiring(frozenset(provided))(provided, asyncio.Lock, Scope.APP)


@cache
def _wiring(provided: frozenset[Any]) -> AsyncContainer:
    """The parent of containers that have these in their context: building it costs more than a small test."""
    provider = Provider(scope=Scope.APP)
    for kind in provided:
        provider.from_context(provides=kind)
    return make_async_container(provider, start_scope=Scope.RUNTIME)


def _over(others: Mapping[Any, object], use_case: Any) -> object:
    """The same use case, with those of its ports replaced that are in `others`."""
    hints = get_type_hints(type(use_case)) if is_dataclass(use_case) else {}
    changed = {name: others[kind] for name, kind in hints.items() if kind in others}
    return replace(use_case, **changed) if changed else use_case


@dataclass(frozen=True, slots=True)
class Api:
    """The application, and clients that call it in the process."""

    app: Litestar
    hexagon: Hexagon
    tokens: AccessTokens

    def client(self, *, peer: str = "198.51.100.7", **headers: str) -> httpx.AsyncClient:
        """A client without a credential, whose connection comes from `peer`."""
        transport = httpx.ASGITransport(app=self.app, client=(peer, 50_000), raise_app_exceptions=False)  # type: ignore[arg-type]  # Litestar's ASGI types are its own
        return httpx.AsyncClient(transport=transport, base_url="http://augury.test", headers=headers)

    def client_of(self, user: User, *, peer: str = "198.51.100.7") -> httpx.AsyncClient:
        client = self.client(peer=peer)
        client.headers["Authorization"] = f"Bearer {self.tokens.issue(user.id)}"
        return client

    async def member(self, credits: int = 0) -> httpx.AsyncClient:
        """A client of a new member with this many credits."""
        return self.client_of(await self.hexagon.user(credits))

    async def admin(self) -> httpx.AsyncClient:
        return self.client_of(await self.hexagon.user(role=Role.ADMIN))


@asynccontextmanager
async def serving(
    hexagon: Hexagon,
    *,
    settings: HttpSettings = SETTINGS,
    asyncapi: MakeAsyncApi | None = None,
    checks: Checks | None = None,
    overrides: Mapping[Any, object] | None = None,
    web: WebSettings | None = None,
) -> AsyncIterator[Api]:
    """The API. With the settings of the pages, these are beside it."""
    container = http_container(hexagon, overrides)
    pages = pages_of(container, settings, web, lambda: app.state) if web else None
    with routes_registered_once():
        app = create_app(
            container=container, settings=settings, asyncapi=asyncapi, checks=checks, pages=pages
        )
    stop = asyncio.Event()
    started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(_live(app, started, stop))
    await started
    try:
        yield Api(app, hexagon, await container.get(AccessTokens))
    finally:
        stop.set()
        await running
        await container.close()


async def _live(app: Litestar, started: asyncio.Future[None], stop: asyncio.Event) -> None:
    """Start and stop in one task: a fixture uses two."""
    try:
        async with app.lifespan():
            started.set_result(None)
            await stop.wait()
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


def is_problem(response: httpx.Response, status: int, name: str) -> bool:
    """Whether the answer is the problem document of this name, with all its required members."""
    assert response.headers["content-type"] == PROBLEM, response.text
    problem = response.json()
    assert problem["type"] == f"urn:augury:{name}", problem
    assert problem["status"] == response.status_code == status, problem
    assert problem["title"]
    assert problem["detail"]
    return True
