"""The outermost layer of every request: security headers, metrics, memory for its body."""

import time
from typing import Any, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from augury.inbound.http.intake import Intake, Share
from augury.inbound.http.metrics import Metrics

SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_STRICTEST = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
"""For responses that are not pages. Pages set their own."""
_SHARE = "augury.share"
_NO_STORE = (b"cache-control", b"no-store")
"""For every response that does not set its own, since it is for one caller at one time."""


def edge(app: ASGIApp, metrics: Metrics, intake: Intake) -> ASGIApp:
    """Wrap the application's outermost handler."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        began = time.perf_counter()
        share = intake.share()
        cast("dict[str, Any]", scope)[_SHARE] = share

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = cast("list[tuple[bytes, bytes]]", message["headers"])
                names = [name for name, _ in headers]
                headers += SECURITY_HEADERS
                headers += [each for each in (_STRICTEST, _NO_STORE) if each[0] not in names]
                route = cast("dict[str, Any]", scope).get("path_template") or "unmatched"
                metrics.answered(route, scope["method"], message["status"], time.perf_counter() - began)
            await send(message)

        try:
            await app(scope, share.counted(receive), send_with_headers)
        finally:
            share.release()

    return handle


def share_of(scope: Scope) -> Share:
    """This request's share of the intake."""
    share: Share = cast("dict[str, Any]", scope)[_SHARE]
    return share
