"""HEAD for every route with GET: the same head, no body (RFC 9110, section 9.3.2). `Allow` names it, and all
other methods of a path."""

from collections.abc import Collection, Mapping
from http import HTTPStatus

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from augury.inbound.http.protocol.encoded import cause_of

_NAMES_METHODS = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NO_CONTENT)
"""The responses that have `Allow`: a refusal, and the answer to OPTIONS."""


class _HeadSent(Exception):
    """The head was sent, and nobody gets the body."""


def with_head(app: ASGIApp, methods: Mapping[str, Collection[str]] | None = None) -> ASGIApp:
    """Answer HEAD as `app` answers GET, and add it to `Allow`. A stream ends at its first part, since making
    all of it can take minutes.

    `methods` of each path replace those that OPTIONS names. Litestar names only those of one router, although
    several routers can share a path.
    """
    known = methods or {}

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
                    of_path = known.get(scope.get("path_template", ""))
                    allowed = of_path if scope["method"] == HttpMethod.OPTIONS else None
                    message["headers"] = [_allow(*each, allowed) for each in message["headers"]]
            elif is_head and message["type"] == "http.response.body":
                if message.get("more_body") and message.get("body"):
                    raise _HeadSent
                return
            await send(message)
            if is_head and message["type"] == "http.response.start":
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        if is_head:
            scope["method"] = HttpMethod.GET.value
            # Only a GET can ask for a range (section 14.2).
            scope["headers"] = [each for each in scope["headers"] if each[0] != b"range"]
        try:
            await app(scope, receive, send_with_head)
        except Exception as error:
            if cause_of(error, _HeadSent) is None:
                raise

    return handle


def _allow(name: bytes, value: bytes, methods: Collection[str] | None) -> tuple[bytes, bytes]:
    if name.lower() != b"allow":
        return name, value
    allowed = set(value.split(b", ") if methods is None else (each.encode() for each in methods))
    if b"GET" in allowed:
        allowed.add(b"HEAD")
    return name, b", ".join(sorted(allowed))
