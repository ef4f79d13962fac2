import re
from dataclasses import replace

from augury.inbound.http.description.asyncapi import render
from tests.hexagon import Hexagon
from tests.http_api import SETTINGS, Api, serving

ASYNCAPI = {
    "asyncapi": "3.0.0",
    "info": {"title": "Augury <script>alert(1)</script>", "version": "1"},
    "channels": {"ml_tasks": {"address": "ml_tasks", "bindings": {"amqp": {"is": "queue"}}}},
    "components": {"schemas": {"Task": {"type": "object"}}},
}


async def test_everything_that_the_page_loads_comes_from_here(api: Api) -> None:
    response = await api.client().get("/api/docs")

    assert response.headers["content-type"].startswith("text/html")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    assert len(loaded) >= 4
    for url in loaded:
        assert url.startswith("/api/"), url
        assert (await api.client().get(url)).status_code == 200


async def test_the_page_may_load_nothing_from_elsewhere(api: Api) -> None:
    policy = (await api.client().get("/api/docs")).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert "<script>" not in (await api.client().get("/api/docs")).text


async def test_the_assets_have_their_types(api: Api) -> None:
    for name, kind in (
        ("swagger-ui.css", "text/css"),
        ("swagger-ui-bundle.js", "text/javascript"),
        ("favicon-32x32.png", "image/png"),
    ):
        response = await api.client().get(f"/api/docs/{name}")
        assert response.headers["content-type"].startswith(kind)
        assert len(response.content) > 100


async def test_nothing_else_of_the_disk_is_served(api: Api) -> None:
    for name in ("swagger-editor.css", "..%2f__init__.py", "%2e%2e%2fcore.py", "index.css"):
        assert (await api.client().get(f"/api/docs/{name}")).status_code == 404


async def test_the_page_follows_the_path_that_the_api_is_mounted_at(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=replace(SETTINGS, base_path="/augury")) as api:
        page = (await api.client().get("/api/docs")).text
        start = (await api.client().get("/api/docs/start.js")).text
        openapi = (await api.client().get("/api/openapi.json")).json()

    assert 'src="/augury/api/docs/swagger-ui-bundle.js"' in page
    assert '"/augury/api/openapi.json"' in start
    assert openapi["servers"] == [{"url": "/augury"}]


async def test_the_brokers_side_is_a_page_without_scripts(hexagon: Hexagon) -> None:
    async with serving(hexagon, asyncapi=lambda: ASYNCAPI) as api:
        response = await api.client().get("/api/asyncapi")
        document = await api.client().get("/api/asyncapi.json")

    assert "ml_tasks" in response.text
    assert "<script" not in response.text
    assert "script-src" not in response.headers["content-security-policy"]
    assert document.json() == ASYNCAPI


def test_what_a_document_says_is_never_markup() -> None:
    page = render({"info": {"title": "<b>"}, "channels": {"<i>": {"<u>": "<s>", "x": {"<a>": "<p>"}}}})

    assert not re.search(r"<(b|i|u|s|a|p)>", page.replace("<p></p>", "").replace("<p>AsyncAPI", ""))


async def test_without_a_document_there_is_no_page(api: Api) -> None:
    assert (await api.client().get("/api/asyncapi")).status_code == 404
