"""Requests that offer another protocol: they are answered as HTTP/1.1, and read to their end like any other.

Java's HTTP client and `curl --http2` offer HTTP/2 on the first request of each connection.
"""

import pytest

from augury.inbound.http.edge.connections import ConnectionSettings, Limit
from tests.http_api import Api
from tests.listening import Caller, listening
from tests.smuggling import HEADS, ambiguous

LIMITS = ConnectionSettings()
JAVA = (
    "Connection: Upgrade, HTTP2-Settings\r\n"
    "HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAABgAGAAA\r\n"
    "Upgrade: h2c"
)
CURL = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"
TLS = "upgrade: TLS/1.0, HTTP/1.1\r\nCONNECTION:upgrade"
WEBSOCKET = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
)
OFFERS = pytest.mark.parametrize(
    "offer", [JAVA, CURL, TLS, WEBSOCKET], ids=["java", "curl", "tls", "websocket"]
)
BODY = '{"data": {"text": "GET /health/live HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"}}'
LIKE_A_REQUEST = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
NEXT = "GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"


def post(offer: str, body: str, *, chunked: bool) -> str:
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    lines = [
        "POST /predictions HTTP/1.1",
        "Host: x",
        offer,
        "Content-Type: application/json",
        framing,
        "",
        "",
    ]
    head = "\r\n".join(lines)
    if not chunked:
        return head + body
    half = len(body) // 2
    parts = [f"{len(part):x}\r\n{part}\r\n" for part in (body[:half], body[half:])]
    return head + "".join(parts) + "0\r\n\r\n"


async def in_pieces(caller: Caller, data: str, size: int) -> None:
    """Send so that the server receives it in pieces of this size."""
    for begin in range(0, len(data), size):
        caller.send(data[begin : begin + size])
        await caller.writer.drain()


@OFFERS
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_a_body_behind_an_offer_is_read_as_the_body(
    api: Api, offer: str, chunked: bool, size: int
) -> None:
    async with listening(api.app, limits=LIMITS) as server:
        caller = await server.caller()
        for _ in range(2):
            await in_pieces(caller, post(offer, BODY, chunked=chunked) + NEXT, size)
            answers = [await caller.answer() for _ in range(2)]
            assert [answer.status for answer in answers] == [202, 200]
            assert b"openapi" in answers[1].body
            assert "upgrade" not in answers[0].headers
    assert not server.limits


@OFFERS
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
async def test_a_body_that_looks_like_a_request_is_none(api: Api, offer: str, chunked: bool) -> None:
    async with listening(api.app, limits=LIMITS) as server:
        caller = await server.caller()
        request = post(offer, LIKE_A_REQUEST, chunked=chunked)
        head, body = request.split("\r\n\r\n", 1)
        caller.send(head + "\r\n\r\n")
        await caller.writer.drain()
        caller.send(body + NEXT)

        answers = [await caller.answer() for _ in range(2)]

    assert [answer.status for answer in answers] == [400, 200]
    assert b"not-json" in answers[0].body
    assert b"openapi" in answers[1].body


@OFFERS
async def test_an_offer_without_a_body_is_answered_plainly(api: Api, offer: str) -> None:
    async with listening(api.app, limits=LIMITS) as server:
        caller = await server.caller()
        for method, status in (("GET", 200), ("HEAD", 200), ("POST", 405), ("OPTIONS", 204)):
            caller.send(f"{method} /health/live HTTP/1.1\r\nHost: x\r\n{offer}\r\n\r\n")
            head = await caller.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 %d " % status), method
            if method not in ("HEAD", "OPTIONS"):
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await caller.reader.readexactly(int(length))


@OFFERS
@pytest.mark.parametrize("head", HEADS)
async def test_an_offer_makes_no_unclear_end_acceptable(api: Api, offer: str, head: str) -> None:
    async with listening(api.app, limits=LIMITS) as server:
        caller = await server.caller()
        caller.send(ambiguous(f"{offer}\r\n{head}"))

        answer = await caller.rest()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1, "what followed was not taken for a request"
    assert server.limits == [Limit.SYNTAX]


@OFFERS
async def test_what_is_after_a_request_that_ends_the_connection_is_not_served(api: Api, offer: str) -> None:
    offer = offer.lower().replace("connection:", "connection: close,")
    async with listening(api.app, limits=LIMITS) as server:
        caller = await server.caller()
        caller.send(f"GET /health/live HTTP/1.1\r\nHost: x\r\n{offer}\r\n\r\n")

        answer = await caller.rest()

    assert answer.startswith(b"HTTP/1.1 200 ")
