"""Renders pages from templates, and sets the headers of every answer."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie
from markupsafe import Markup

from augury.inbound.web.addresses import address_of
from augury.inbound.web.assets import load_assets
from augury.inbound.web.outside import Outside
from augury.inbound.web.texts import LANGUAGES, texts
from augury.inbound.web.visitor import CSRF, PageRequest, Visitor, session_cookie

FOLDER = Path(__file__).parent / "templates"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
DRAWN = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""The policy of pictures and cards, which have styles of their own."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Cookie, Accept-Language, HX-Request",
}
PAGES = ("/app/predictions", "/app/files", "/app/money", "/app/account")
"""The addresses in the main navigation."""
Answer = Response[str]


def page(
    request: PageRequest,
    template: str,
    *,
    status: int = 200,
    cookies: Sequence[Cookie] = (),
    **values: object,
) -> Answer:
    """The template as an answer. A visitor without the cookie gets one, because the page's forms need it."""
    visitor: Visitor = request.user
    new = [session_cookie(visitor, visitor.cookie)] if visitor.is_new else []
    return Response(
        rendered(
            request.app.state.outside,
            visitor,
            template,
            path=request.scope["path"],
            here=address_of(request),
            **values,
        ),
        media_type="text/html",
        status_code=status,
        headers=HEADERS,
        cookies=[*new, *cookies],
    )


def see_other(request: PageRequest, path: str, *, cookies: Sequence[Cookie] = ()) -> Answer:
    """Send the browser to another of our pages after a form."""
    outside: Outside = request.app.state.outside
    headers = {**HEADERS, "Location": outside.base_path + path}
    return Response("", status_code=303, media_type="text/html", headers=headers, cookies=[*cookies])


def is_part(request: PageRequest) -> bool:
    """Whether htmx asks for a part of the page, and not the whole page."""
    return request.headers.get("hx-request") == "true"


def rendered(
    outside: Outside, visitor: Visitor, template: str, *, path: str, here: str, **values: object
) -> str:
    """The template's HTML for this visitor. `path` is the page's own path, and `here` its address."""
    words = texts(visitor.language)
    context: Mapping[str, Any] = {
        "t": words,
        "refusal": words.refusal,
        "visitor": visitor,
        "language": visitor.language,
        "languages": LANGUAGES,
        "csrf": Markup('<input type="hidden" name="{}" value="{}">').format(CSRF, visitor.csrf),
        "path": path,
        "here": here,
        "pages": PAGES,
        "url": lambda to: outside.base_path + to,
        "asset": lambda name: _asset_url(outside, name),
        "has_asset": lambda name: name in load_assets().of,
        "time": _time,
        "reload": _reload,
        "worded": lambda wording: wording.get(visitor.language) or next(iter(wording.values()), ""),
        **values,
    }
    return _environment().get_template(template).render(context)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _asset_url(outside: Outside, name: str) -> str:
    return f"{outside.base_path}/app/assets/{load_assets().of[name].name}"


def _reload(seconds: int) -> Markup:
    """A tag that loads the page again after some seconds, for browsers without scripts. If the build could
    not fetch htmx, it is for all browsers."""
    meta = Markup('<meta http-equiv="refresh" content="{}">').format(seconds)
    return Markup("<noscript>{}</noscript>").format(meta) if "htmx.min.js" in load_assets().of else meta


def _time(at: datetime) -> Markup:
    """A point in time. Without scripts it is shown in UTC, otherwise in the reader's time zone."""
    there = at.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(
        there.isoformat(timespec="seconds"), f"{there:%Y-%m-%d %H:%M}"
    )
