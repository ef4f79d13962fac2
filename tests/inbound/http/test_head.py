"""HEAD is answered like GET, without the body."""

import asyncio
import re

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from augury.bootstrap.http.server import HttpServer, bound_socket
from augury.domain.identifiers import uuid7
from tests.event_reading import reading
from tests.hexagon import Hexagon
from tests.http_api import SETTINGS, TEXT, Api, serving

FRESH = ("date", "content-length")
"""Headers that may differ between two answers, because the process's numbers change."""


def read_routes(app: Litestar) -> list[str]:
    return [
        route.path_format for route in app.routes if isinstance(route, HTTPRoute) and "GET" in route.methods
    ]


def a_path(template: str, prediction_id: str) -> str:
    named = {"{prediction_id}": prediction_id, "{ref}": "tone@1", "/models/{name}": "/models/tone"}
    for name, value in named.items():
        template = template.replace(name, value)
    return template.replace("{name}", "swagger-ui.css").replace("{user_id}", str(uuid7()))


async def test_every_route_that_answers_get_answers_head_with_the_same_head(hexagon: Hexagon) -> None:
    async with serving(hexagon, asyncapi=lambda: {"info": {}}) as api:
        admin = await api.admin()
        prediction = (await api.client().post("/predictions", json=TEXT)).json()["id"]
        templates = read_routes(api.app)
        assert {"/health/live", "/health/ready", "/api/docs", "/api/openapi.json", "/models"} <= set(
            templates
        )

        for template in templates:
            path = a_path(template, prediction)
            head = await admin.head(path)
            # The streams of events do not end, so only their beginning is read.
            async with reading(api.app, path, {"Authorization": admin.headers["Authorization"]}) as got:
                body = await got.body() if "text/event-stream" not in got.headers["content-type"] else None

            assert head.status_code == got.status, path
            assert head.content == b"", path
            assert body is None or body, path
            same = [name for name in got.headers if name not in FRESH]
            assert [head.headers[name] for name in same] == [got.headers[name] for name in same], path


async def test_what_is_refused_to_get_is_refused_to_head(api: Api) -> None:
    for path, status in (("/nothing", 404), ("/balance", 401), ("/auth/token", 405)):
        response = await api.client().head(path)
        assert (response.status_code, response.content) == (status, b"")


@pytest.mark.parametrize(("method", "path"), [("PUT", "/models"), ("OPTIONS", "/models")])
async def test_head_is_named_among_what_is_allowed(api: Api, method: str, path: str) -> None:
    allowed = (await api.client().request(method, path)).headers["allow"].split(", ")

    assert {"GET", "HEAD"} <= set(allowed)


async def test_options_and_a_refusal_name_the_same_methods_on_every_path(api: Api) -> None:
    paths = {route.path_format for route in api.app.routes if isinstance(route, HTTPRoute)}
    assert {"/predictions", "/batches", "/admin/models"} <= paths  # each in two routers
    admin = await api.admin()

    for path in paths:
        asked = re.sub(r"\{\w+_id\}", str(uuid7()), path)
        asked = re.sub(r"\{\w+\}", "tone", asked)
        named = (await admin.request("OPTIONS", asked)).headers["allow"]
        refused = (await admin.request("TRACE", asked)).headers["allow"]

        assert sorted(named.split(", ")) == sorted(refused.split(", ")), path


async def test_head_is_not_allowed_where_get_is_not(api: Api) -> None:
    assert "HEAD" not in (await api.client().get("/auth/token")).headers["allow"]


async def test_a_head_is_counted_as_one(api: Api) -> None:
    await api.client().head("/health/live")

    metrics = (await api.client().get("/metrics")).text
    assert 'augury_http_requests_total{method="HEAD",route="/health/live",status="200"} 1.0' in metrics


async def test_a_connection_goes_on_after_a_head_on_the_real_server(api: Api) -> None:
    stop = asyncio.Event()
    with bound_socket("127.0.0.1", 0) as listener:
        server = HttpServer(api.app, before_stop=lambda: None, keep_alive=SETTINGS.keep_alive)
        server.config.lifespan = "off"
        serving = asyncio.create_task(server.run_until(stop, listener))
        host, port = listener.getsockname()
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}") as client:
            for path in ("/health/live", "/api/docs/swagger-ui.css"):
                head, got = await client.head(path), await client.get(path)
                assert head.headers["content-length"] == str(len(got.content))
                assert head.extensions["network_stream"] is got.extensions["network_stream"]
        stop.set()
        await serving
