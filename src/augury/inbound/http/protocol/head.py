"""HEAD for every route with GET: the same head, no body (RFC 9110, section 9.3.2)."""

from http import HTTPStatus

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_NAMES_METHODS = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NO_CONTENT)
"""The responses that have `Allow`: a refusal, and the answer to OPTIONS."""


def with_head(app: ASGIApp) -> ASGIApp:
    """Answer HEAD as `app` answers GET, and add it to `Allow`."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        is_head = scope["method"] == HttpMethod.HEAD

        async def send_with_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                if is_head:
                    scope["method"] = HttpMethod.HEAD.value  # so that the server does not expect a body
                if message["status"] in _NAMES_METHODS:
                    message["headers"] = [_with_head_allowed(*each) for each in message["headers"]]
            elif is_head and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        if is_head:
            scope["method"] = HttpMethod.GET.value
        await app(scope, receive, send_with_head)

    return handle


def _with_head_allowed(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    allowed = value.split(b", ") if name.lower() == b"allow" else []
    if b"GET" in allowed and b"HEAD" not in allowed:
        return name, b", ".join(sorted([*allowed, b"HEAD"]))
    return name, value
