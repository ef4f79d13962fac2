"""Swagger UI from our own disk: the page works with no internet access and runs no script but ours."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec
from litestar import Request, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from augury.inbound.http.settings import HttpSettings

PACKAGE = "swagger_ui"
"""The import name of `swagger-ui-py`; only the files that it carries are used, none of its code."""
ASSETS: Mapping[str, str] = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Augury: API</title>
<link rel="icon" type="image/png" href="{base}/api/docs/favicon-32x32.png">
<link rel="stylesheet" href="{base}/api/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<noscript><p>This page needs JavaScript. The description itself is at
<a href="{base}/api/openapi.json">{base}/api/openapi.json</a>.</p></noscript>
<script src="{base}/api/docs/swagger-ui-bundle.js"></script>
<script src="{base}/api/docs/start.js"></script>
</body>
</html>
"""
_START = """window.onload = () => SwaggerUIBundle({{
  url: {url}, dom_id: "#docs", deepLinking: true, persistAuthorization: false, validatorUrl: null
}});
"""
_A_DAY = {"Cache-Control": "public, max-age=86400"}
Public = Request[None, None, State]


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    media_type: str


@cache
def load_assets() -> Mapping[str, Asset]:
    """Read Swagger UI's files from the installed package, which is not imported for that."""
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "static"
    return {name: Asset((folder / name).read_bytes(), media_type) for name, media_type in ASSETS.items()}


@get("/api/docs", include_in_schema=False)
async def page(request: Public) -> ASGIResponse:
    return ASGIResponse(
        body=_PAGE.format(base=_base_path(request)),
        media_type="text/html",
        headers={"Content-Security-Policy": POLICY},
    )


@get("/api/docs/start.js", include_in_schema=False)
async def start(request: Public) -> ASGIResponse:
    url = msgspec.json.encode(f"{_base_path(request)}/api/openapi.json").decode()
    return ASGIResponse(body=_START.format(url=url), media_type=ASSETS["swagger-ui-bundle.js"])


@get("/api/docs/{name:str}", include_in_schema=False)
async def asset(request: Public, name: FromPath[str]) -> ASGIResponse:
    found: Asset | None = request.app.state.assets.get(name)
    if found is None:
        raise NotFoundException
    return ASGIResponse(body=found.content, media_type=found.media_type, headers=dict(_A_DAY))


@get(["/api", "/api/openapi.json"], include_in_schema=False)
async def openapi(request: Public) -> ASGIResponse:
    return ASGIResponse(body=request.app.state.openapi, media_type="application/json")


def _base_path(request: Public) -> str:
    settings: HttpSettings = request.app.state.settings
    return settings.base_path
