import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.hexagon import Hexagon
from tests.http_api import SETTINGS, Api, serving


async def fine() -> None: ...


async def broken() -> None:
    raise ConnectionError("10.0.0.5 refused")


async def silent() -> None:
    await asyncio.Event().wait()


async def test_a_process_that_answers_is_alive(hexagon: Hexagon) -> None:
    async with serving(hexagon, checks={"database": broken}) as api:
        response = await api.client().get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "alive"})


async def test_ready_is_who_has_every_dependency(hexagon: Hexagon) -> None:
    async with serving(hexagon, checks={"database": fine, "broker": fine}) as api:
        response = await api.client().get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {"status": "ready", "checks": {"database": "ok", "broker": "ok"}}


async def test_a_missing_dependency_is_named_and_nothing_else_is_told(hexagon: Hexagon) -> None:
    async with serving(hexagon, checks={"database": fine, "broker": broken}) as api:
        response = await api.client().get("/health/ready")

    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "checks": {"database": "ok", "broker": "not available"}}


async def test_a_silent_dependency_is_not_waited_for(hexagon: Hexagon) -> None:
    settings = replace(SETTINGS, check_timeout=timedelta(milliseconds=10))
    async with serving(hexagon, settings=settings, checks={"database": silent}) as api:
        response = await api.client().get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "no answer in time"}


async def test_with_nothing_to_ask_it_is_ready(api: Api) -> None:
    assert (await api.client().get("/health/ready")).status_code == 200
