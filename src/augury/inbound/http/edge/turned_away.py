"""Problem documents for requests that the server refuses before the application sees them."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from augury.inbound.http.edge.connections import Limit
from augury.inbound.http.edge.layer import NO_STORE, SECURITY_HEADERS, STRICTEST
from augury.inbound.http.problems.documents import MEDIA_TYPE, RETRY_AFTER, SOON
from augury.inbound.http.problems.refusals import (
    BUSY,
    FRAMEWORK,
    HEAD_TOO_LARGE,
    REQUEST_TIMEOUT,
    TOO_MANY_REQUESTS,
    URI_TOO_LONG,
    Kind,
)

INFERENCE = b"/v2/"
"""URLs of the Open Inference Protocol, whose clients look for the message in the member `error`."""


@dataclass(frozen=True, slots=True)
class _Answer:
    kind: Kind
    detail: str
    retry_after: int | None = None


_ANSWERS = {
    Limit.CONNECTIONS: _Answer(BUSY, "Too many connections are open. Try again in a moment.", RETRY_AFTER),
    Limit.CONNECTIONS_OF_ADDRESS: _Answer(
        TOO_MANY_REQUESTS, "Your address has too many open connections. Use fewer.", SOON
    ),
    Limit.URI_BYTES: _Answer(URI_TOO_LONG, "The URL is too long."),
    Limit.HEAD_BYTES: _Answer(HEAD_TOO_LARGE, "The headers are too large."),
    Limit.HEAD_TIME: _Answer(REQUEST_TIMEOUT, "The headers did not arrive in time."),
    Limit.BODY_RATE: _Answer(REQUEST_TIMEOUT, "The body arrived too slowly."),
    Limit.UPLOADS: _Answer(BUSY, "Too many uploads are under way. Try again in a moment.", RETRY_AFTER),
    Limit.UPLOADS_OF_ADDRESS: _Answer(
        TOO_MANY_REQUESTS, "Your address has too many uploads under way. Try again in a moment.", SOON
    ),
    Limit.SYNTAX: _Answer(FRAMEWORK[400], "This is not a valid HTTP request."),
}


def turned_away(limit: Limit, headers: Iterable[tuple[bytes, bytes]], url: bytes = b"") -> bytes:
    """The whole response, with these `headers` of the server. The connection ends after it. `url` is that of
    the request, if it is known."""
    answer = _ANSWERS[limit]
    status = HTTPStatus(answer.kind.status)
    for_inference = {"error": answer.detail} if not url or url.startswith(INFERENCE) else {}
    body = msgspec.json.encode(answer.kind.problem(answer.detail, **for_inference))
    lines = [
        *headers,
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        *SECURITY_HEADERS,
        STRICTEST,
        NO_STORE,
    ]
    if answer.retry_after is not None:
        lines.append((b"retry-after", b"%d" % answer.retry_after))
    head = b"".join(b"%s: %s\r\n" % line for line in lines)
    return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (status, status.phrase.encode(), head, body)
