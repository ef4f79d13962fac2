"""An API that nobody looks at with a browser does not load what pages need."""

import asyncio
import posixpath
import re
import subprocess
import sys
from functools import cache
from typing import cast

import pytest

from augury.inbound.web import app, assets, rendering
from augury.inbound.web.door import Door, Made
from tests.hexagon import Hexagon
from tests.http_api import is_problem
from tests.inbound.web.site import shown

HEAVY = ("babel", "fluent", "jinja2")


def test_the_api_loads_the_pages_when_somebody_asks_for_one() -> None:
    code = (
        "import sys, augury.bootstrap.api, augury.bootstrap.pages; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(told.stdout.split()) & set(HEAVY)


async def test_the_pages_are_made_once_however_they_are_opened() -> None:
    made: list[None] = []

    async def make() -> Made:
        await asyncio.sleep(0)
        made.append(None)
        return cast("Made", made)

    door = Door(make)
    await asyncio.gather(door.open(), door.open())
    assert len(made) == 1


async def test_the_api_is_as_it_was_beside_the_pages() -> None:
    async with shown(Hexagon()) as site:
        client = site.api.client()
        answer = await client.post("/predictions/predict", json={"data": {"text": "x"}})
        assert answer.status_code == 202
        assert "text/html" in (await client.get("/api/docs")).headers["content-type"]
        for path in ("/nothing", "/apps", "/app.html", "/predictions/app/"):
            assert is_problem(await client.get(path), 404, "not-found")
        assert (await client.head("/")).status_code == 200
        assert (await client.head("/")).content == b""


async def test_without_the_files_from_npm_the_pages_still_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "FOLDERS", (assets.ROOM / "static",))
    load = cache(assets.load_assets.__wrapped__)
    for module in (assets, rendering, app):
        monkeypatch.setattr(module, "load_assets", load)
    async with shown(Hexagon()) as site:
        ada = site.visitor()
        for path in ("/", "/app/models/tone", "/app/register"):
            page = await ada.get(path)
            assert page.status_code == 200
            assert "own." in page.text
            assert "pico" not in page.text
            assert "htmx.min" not in page.text
        await ada.register()
        for path in ("/app/money/usage", "/app/files/new"):
            assert (await ada.get(path)).status_code == 200


async def test_every_module_that_reads_parquet_files_is_served_where_the_others_import_it() -> None:
    wanted, seen = {assets.load_assets().of["parquet.js"].name}, set[str]()
    async with shown(Hexagon()) as site:
        while wanted:
            name = wanted.pop()
            seen.add(name)
            answer = await site.api.client().get(f"/app/assets/{name}")
            assert (answer.status_code, answer.headers["content-type"][:15]) == (200, "text/javascript"), name
            for found in re.findall(r"""^import .* from ['"](.+)['"]""", answer.text, re.MULTILINE):
                wanted |= {posixpath.normpath(f"{posixpath.dirname(name)}/{found}").lstrip("/")} - seen
    assert len(seen) == 1 + sum("/" in name for name in assets.load_assets().of), (
        "no module is fetched in vain"
    )
