"""Lets pages of other origins call the API from a browser (CORS, as in the Fetch standard).

Litestar's own middleware replaces `Vary` (findings/litestar-cors-replaces-vary.sh), refuses in plain text,
and does not see submits.
"""

from typing import cast

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

ANY = "*"
METHODS = b"DELETE, GET, HEAD, PATCH, POST, PUT"
REQUEST_HEADERS = (
    b"Accept, Accept-Language, Augury-Max-Price, Authorization, Content-Encoding, Content-Type, "
    b"Idempotency-Key, If-Range, Inference-Header-Content-Length, Last-Event-ID, Mcp-Method, Mcp-Name, "
    b"MCP-Protocol-Version, Prefer, Range, traceparent, tracestate"
)
RESPONSE_HEADERS = (
    b"Accept-Ranges, Allow, Batch-Status, Content-Disposition, Content-Range, ETag, Idempotent-Replayed, "
    b"Link, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, "
    b"WWW-Authenticate"
)
"""Headers that a script may read, besides the few that are always allowed."""
MOST_SECONDS = b"7200"
"""How long a browser caches a preflight. Browsers do not allow more."""
_VARY = (b"vary", b"Origin")
Headers = list[tuple[bytes, bytes]]


def with_cors(app: ASGIApp, origins: tuple[str, ...]) -> ASGIApp:
    """Let pages of these `origins`, or of any (`*`), call `app` with a credential in a header.

    Cookies are never allowed: `Access-Control-Allow-Credentials` is not sent.
    """
    if not origins:
        return app
    known = frozenset(origin.encode() for origin in origins)
    any_origin = ANY in origins

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        origin = _header(scope, b"origin")
        allowed: Headers = [] if any_origin else [_VARY]
        if origin is not None and (any_origin or origin in known):
            allowed.append((b"access-control-allow-origin", b"*" if any_origin else origin))
            if scope["method"] == HttpMethod.OPTIONS and _header(scope, b"access-control-request-method"):
                await _answer_preflight(send, allowed)
                return
            allowed.append((b"access-control-expose-headers", RESPONSE_HEADERS))

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*cast("Headers", message["headers"]), *allowed]
            await send(message)

        await app(scope, receive, send_allowed)

    return handle


async def _answer_preflight(send: Send, allowed: Headers) -> None:
    headers: Headers = [
        *allowed,
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", REQUEST_HEADERS),
        (b"access-control-max-age", MOST_SECONDS),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _header(scope: Scope, name: bytes) -> bytes | None:
    return next((value for key, value in scope["headers"] if key == name), None)
