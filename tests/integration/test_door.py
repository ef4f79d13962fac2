"""The API as a process without nginx: refused and ended connections, and callers that are served
meanwhile."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.listening import Answer, connected
from tests.polling import eventually
from tests.processes import Service
from tests.smuggling import HEADS, ambiguous
from tests.trained_tone import TrainedTone

MOST_BYTES = 1_000_000
"""The room for all bodies, which is hardly more than one of the largest needs."""
SETTINGS: dict[str, object] = {
    "max_body_bytes": MOST_BYTES // 10,
    "max_intake_bytes": MOST_BYTES,
    "max_intake_bytes_per_address": MOST_BYTES // 10,
    "max_connections": 60,
    "max_connections_per_address": 30,
    "head_timeout": 2,
    "body_window": 1,
    "read_patience": 1,
    "guest_credits": 100,
    "guest_bytes": MOST_BYTES // 10,
    "max_text": MOST_BYTES // 10,
}
GET = "GET /health/live HTTP/1.1\r\nHost: x\r\n"
OFFER = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
WEBSOCKET = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.fixture
def service(database_url: str, rabbitmq_url: str, tmp_path: Path, tone: TrainedTone) -> Iterator[Service]:
    with Service(database_url, rabbitmq_url, tmp_path, settings=SETTINGS) as running:
        tone.offer(running)
        running.api()
        yield running


def submit(length: int, offer: str = "") -> bytes:
    begin, end = b'{"data": {"text": "', b'"}}'
    head = f"POST /predictions HTTP/1.1\r\nHost: x\r\n{offer}Content-Type: application/json\r\n"
    body = begin + b"x" * (length - len(begin) - len(end)) + end
    return f"{head}Content-Length: {length}\r\n\r\n".encode() + body


async def answer_to(service: Service, request: bytes | str, address: str = "127.0.0.1") -> Answer:
    caller = await connected(service.port, address)
    caller.send(request)
    answer = await caller.answer()
    await caller.hang_up()
    return answer


async def limits_of(service: Service) -> dict[str, int]:
    """How often each limit was applied."""
    async with httpx.AsyncClient() as client:
        shown = (await client.get(f"{service.url}/metrics")).text
    return {
        name: int(float(count))
        for name, count in re.findall(r'augury_http_limits_total{limit="(\w+)"} (\S+)', shown)
    }


async def test_the_api_alone_refuses_what_nginx_would(service: Service) -> None:
    large = await answer_to(service, GET + "X: " + "a" * 40_000 + "\r\n\r\n")
    assert large.is_problem(431, "request-header-fields-too-large")
    long = await answer_to(service, "GET /" + "a" * 40_000 + " HTTP/1.1\r\nHost: x\r\n\r\n")
    assert long.is_problem(414, "request-uri-too-long")
    assert (await answer_to(service, GET + "X: ")).is_problem(408, "request-timeout")
    assert (await answer_to(service, submit(90)[:-1])).is_problem(408, "request-timeout")
    for head in HEADS:
        for offer in ("", OFFER):
            caller = await connected(service.port)
            caller.send(ambiguous(offer + head))
            rest = await caller.rest()
            assert rest.startswith(b"HTTP/1.1 400 ")
            assert rest.count(b"HTTP/1.1 ") == 1
    counted = await limits_of(service)
    assert (counted["head_bytes"], counted["uri_bytes"], counted["head_time"]) == (1, 1, 1)
    assert (counted["body_rate"], counted["syntax"]) == (1, 2 * len(HEADS))


async def test_stalled_uploads_take_the_room_of_others_for_seconds_only_and_those_of_one_address_never(
    service: Service,
) -> None:
    most = MOST_BYTES // 10
    stalled = [await connected(service.port, f"127.0.0.{number}") for number in range(2, 12)]
    for caller in stalled:
        caller.send(submit(most)[:-1])

    assert (await answer_to(service, submit(50))).status == 202, "short ones have room at any time"
    for caller in stalled:
        assert (await caller.answer()).is_problem(408, "request-timeout")
    stalled = [await connected(service.port, "127.0.0.2") for _ in range(10)]
    for caller in stalled:
        caller.send(submit(most)[:-1])
    await eventually(lambda: _counted(service, "intake_bytes_per_address", 9), "refusals of that address")
    assert (await answer_to(service, submit(most))).status == 202
    answers = [await caller.answer() for caller in stalled]
    assert sorted(answer.status for answer in answers) == [408] + [429] * 9


async def _counted(service: Service, limit: str, times: int) -> bool:
    return (await limits_of(service))[limit] == times


async def test_an_offer_of_another_protocol_is_declined_and_its_body_read(service: Service) -> None:
    for offer in (OFFER, WEBSOCKET):
        caller = await connected(service.port)
        caller.send(submit(100, offer) + f"{GET}{offer}\r\n".encode())
        assert (await caller.answer()).status == 202
        assert (await caller.answer()).status == 200
        like_a_request = (GET + "\r\n").encode()
        caller.send(f"POST /predictions HTTP/1.1\r\nHost: x\r\n{offer}")
        caller.send(f"Content-Length: {len(like_a_request)}\r\n\r\n")
        await caller.writer.drain()
        caller.send(like_a_request + b"GET /api/asyncapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await caller.answer()).status == 415
        assert b"asyncapi" in (await caller.answer()).body


async def test_one_address_has_so_many_connections_and_a_reader_who_takes_nothing_loses_his(
    service: Service,
) -> None:
    own = [await connected(service.port, "127.0.0.2") for _ in range(31)]
    for caller in own[:30]:
        caller.send(GET + "\r\n")
        assert (await caller.answer()).status == 200
    assert (await own[30].answer()).is_problem(429, "too-many-requests")
    assert (await answer_to(service, GET + "\r\n", "127.0.0.3")).status == 200

    reader = await connected(service.port, takes=2_048)
    for _ in range(60):  # more than the kernel holds for a reader
        reader.send("GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.writer.drain()
    await eventually(lambda: _counted(service, "read_patience", 1), "the end of the connection")
