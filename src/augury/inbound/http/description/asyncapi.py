"""The messages on the broker (AsyncAPI 3), as JSON and as a page without scripts."""

import asyncio
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import msgspec
from litestar import Request, get
from litestar.datastructures import State
from litestar.response.base import ASGIResponse

AsyncApiDocument = Mapping[str, Any]
"""An AsyncAPI document as plain JSON values."""
MakeAsyncApi = Callable[[], AsyncApiDocument]
"""Makes the document. The first call takes a second or two."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_STYLE = """body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
overflow-wrap: anywhere }
h2 { border-bottom: 1px solid #ccc; margin-top: 2.5rem } pre { background: #f4f4f4; padding: 1rem;
overflow-x: auto; font-size: 14px } code { background: #f4f4f4 } dt { font-weight: 600 }"""
Public = Request[None, None, State]


@get("/api/asyncapi.json", include_in_schema=False)
async def document(request: Public) -> ASGIResponse:
    made = await asyncio.to_thread(request.app.state.asyncapi)
    return ASGIResponse(body=msgspec.json.encode(made), media_type="application/json")


@get("/api/asyncapi", include_in_schema=False)
async def page(request: Public) -> ASGIResponse:
    return ASGIResponse(
        body=render(await asyncio.to_thread(request.app.state.asyncapi)),
        media_type="text/html",
        headers={"Content-Security-Policy": POLICY},
    )


def render(asyncapi: AsyncApiDocument) -> str:
    """The document as HTML: title, servers, channels, operations, messages, schemas."""
    info = asyncapi.get("info", {})
    components = asyncapi.get("components", {})
    title = escape(str(info.get("title", "AsyncAPI")))
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: broker</title><style>{_STYLE}</style></head>
<body>
<h1>{title} <small>{escape(str(info.get("version", "")))}</small></h1>
<p>{escape(str(info.get("description", "")))}</p>
<p>AsyncAPI {escape(str(asyncapi.get("asyncapi", "")))}; the same as <a href="asyncapi.json">JSON</a>.</p>
{_section("Servers", asyncapi.get("servers", {}))}
{_section("Channels", asyncapi.get("channels", {}))}
{_section("Operations", asyncapi.get("operations", {}))}
{_section("Messages", components.get("messages", {}))}
{_section("Schemas", components.get("schemas", {}))}
</body>
</html>
"""


def _section(title: str, entries: Mapping[str, Any]) -> str:
    if not entries:
        return ""
    return f"<h2>{title}</h2>\n" + "\n".join(_entry(name, entry) for name, entry in entries.items())


def _entry(name: str, entry: object) -> str:
    """One entry: its simple values as a list, nested ones as JSON."""
    facts: dict[str, object] = {}
    rest: object = entry
    if isinstance(entry, Mapping):
        facts = {key: value for key, value in entry.items() if not isinstance(value, (Mapping, list))}
        rest = {key: value for key, value in entry.items() if key not in facts}
    lines = "".join(f"<dt>{escape(key)}</dt><dd>{escape(str(value))}</dd>" for key, value in facts.items())
    nested = f"<pre>{escape(_json(rest))}</pre>" if rest else ""
    return f"<h3><code>{escape(name)}</code></h3>\n<dl>{lines}</dl>\n{nested}"


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
