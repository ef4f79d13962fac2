"""Swagger UI from the local disk: the page works without internet access and runs only our scripts."""

import asyncio
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
"""The import name of `swagger-ui-py`, of which only the bundled files are used, not its code."""
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
<style>{style}</style>
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
_STYLE = """body { margin: 0; overflow-wrap: anywhere }
@media (max-width: 640px) {
  .swagger-ui .opblock-summary, .swagger-ui .opblock-summary-control { flex-wrap: wrap; min-width: 0 }
  .swagger-ui .opblock-summary-path { max-width: 100% !important }
  .swagger-ui .parameters-col_name, .swagger-ui .parameters-col_description,
  .swagger-ui .response-col_status, .swagger-ui .response-col_description {
    display: block; width: auto !important
  }
  .swagger-ui select, .swagger-ui input, .swagger-ui textarea { max-width: 100%; min-width: 0 !important }
  .swagger-ui .model-box, .swagger-ui pre { max-width: 100%; overflow-x: auto }
  .swagger-ui .wrapper { padding: 0 10px }
}
"""
"""Rules for telephones, in addition to Swagger UI's own."""
_START = """// Swagger UI closes every lock after signing in. Here an open lock means that guests are served.
const locks = () => ({{
  statePlugins: {{auth: {{wrapSelectors: {{
    isAuthorized: () => (state, ways) => !ways.some(way => way.size === 0)
  }}}}}}
}});
window.onload = () => SwaggerUIBundle({{
  url: {url}, dom_id: "#docs", deepLinking: true, persistAuthorization: true, validatorUrl: null,
  plugins: [locks]
}});
"""
_A_DAY = {"Cache-Control": "public, max-age=86400"}
Public = Request[None, None, State]


@dataclass(frozen=True, slots=True)
class Asset:
    file: Path
    """It is read for each request: few people look, and the files would take 1.6 MB of memory."""
    media_type: str


@cache
def find_assets() -> Mapping[str, Asset]:
    """Find Swagger UI's files in the installed package, without importing it."""
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "static"
    found = {name: Asset(folder / name, media_type) for name, media_type in ASSETS.items()}
    assert all(each.file.is_file() for each in found.values())
    return found


@get("/api/docs", include_in_schema=False)
async def page(request: Public) -> ASGIResponse:
    return ASGIResponse(
        body=_PAGE.format(base=_base_path(request), style=_STYLE),
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
    content = await asyncio.to_thread(found.file.read_bytes)
    return ASGIResponse(body=content, media_type=found.media_type, headers=dict(_A_DAY))


@get(["/api", "/api/openapi.json"], include_in_schema=False)
async def openapi(request: Public) -> ASGIResponse:
    return ASGIResponse(body=request.app.state.openapi, media_type="application/json")


def _base_path(request: Public) -> str:
    settings: HttpSettings = request.app.state.settings
    return settings.base_path


ROUTES = (page, start, asset, openapi)
