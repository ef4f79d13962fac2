"""Limits of what one connection, or many, make the server hold. Uses real sockets and the real server."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from augury.application.limits import Limits
from augury.bootstrap.http.framing import MOST_PIPELINED
from augury.inbound.http.edge.connections import ConnectionSettings, Limit
from augury.inbound.http.edge.intake import SMALL
from tests.hexagon import Hexagon
from tests.http_api import SETTINGS, Api, serving
from tests.listening import Caller, listening
from tests.polling import eventually

LIMITS = ConnectionSettings()
MANY_BYTES = Limits(guest_bytes=10_000_000, max_text=10_000_000)
"""Guests may send long bodies here."""
QUICK = timedelta(milliseconds=200)
GET = "GET /health/live HTTP/1.1\r\nHost: x\r\n"
LARGE = SMALL + 1


def upload(length: int, *more: str) -> str:
    lines = [f"Content-Length: {length}", "Content-Type: application/json", *more]
    return "\r\n".join(["POST /predictions HTTP/1.1", "Host: x", *lines, "", ""])


def text(length: int) -> bytes:
    """A submit of `length` bytes."""
    begin, end = b'{"data": {"text": "', b'"}}'
    return begin + b"x" * (length - len(begin) - len(end)) + end


async def is_served(caller: Caller) -> bool:
    caller.send(GET + "\r\n")
    return (await caller.answer()).status == 200


@pytest.mark.parametrize(
    ("head", "status", "name"),
    [
        (GET + "X: " + "a" * 33_000, 431, "request-header-fields-too-large"),
        (GET + "X: " + "a" * 33_000 + "\r\n\r\n", 431, "request-header-fields-too-large"),
        (GET + "X: a\r\n" * 6_000 + "\r\n", 431, "request-header-fields-too-large"),
        (GET + "X" * 400_000, 431, "request-header-fields-too-large"),
        ("GET /" + "a" * 33_000 + " HTTP/1.1\r\nHost: x\r\n\r\n", 414, "request-uri-too-long"),
        ("GET /" + "a" * 33_000, 414, "request-uri-too-long"),
        ("GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, "bad-request"),
        ("\x16\x03\x01\x02", 400, "bad-request"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "bad-request"),
        ("CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n", 400, "bad-request"),
    ],
    ids=lambda given: str(given)[:20],
)
@pytest.mark.parametrize("before", ["", GET + "\r\n"], ids=["first", "second"])
async def test_a_head_that_is_too_large_or_none_is_refused_in_a_problem_document(
    api: Api, head: str, status: int, name: str, before: str
) -> None:
    async with listening(api.app, limits=LIMITS) as server:
        caller = await server.caller()
        if before:
            assert await is_served(caller)
        caller.send(head)

        answer = await caller.answer()

        assert answer.is_problem(status, name)
        assert answer.headers["connection"] == "close"
        assert await caller.is_closed()


async def test_a_head_of_exactly_the_limit_is_served(api: Api) -> None:
    limits = replace(LIMITS, max_head_bytes=1_000)
    frame = "/health/live" + "host: x\r\n" + "x: \r\n"
    async with listening(api.app, limits=limits) as server:
        for more, status in ((0, 200), (1, 431)):
            caller = await server.caller()
            caller.send(GET + "X: " + "a" * (1_000 - len(frame) + more) + "\r\n\r\n")
            assert (await caller.answer()).status == status
    assert server.limits == [Limit.HEAD_BYTES]


async def test_a_large_body_is_no_head() -> None:
    limits = replace(LIMITS, max_head_bytes=500)
    async with serving(Hexagon(MANY_BYTES)) as api, listening(api.app, limits=limits) as server:
        caller = await server.caller()
        for _ in range(2):
            caller.send(upload(100_000).encode() + text(100_000) + GET.encode() + b"\r\n")
            assert (await caller.answer()).status == 202
            assert (await caller.answer()).status == 200


@pytest.mark.parametrize("begun", ["", "G", GET, GET + "X: 1\r\n"])
async def test_a_head_must_arrive_in_time(api: Api, begun: str) -> None:
    async with listening(api.app, limits=replace(LIMITS, head_timeout=QUICK)) as server:
        first, second = await server.caller(), await server.caller()
        assert await is_served(second)
        first.send(begun)
        second.send(begun or "G")

        rest = await first.rest()
        assert (await second.answer()).is_problem(408, "request-timeout")

    assert rest.startswith(b"HTTP/1.1 408 ") if begun else rest == b""


async def test_bytes_that_trickle_in_give_a_head_no_more_time(api: Api) -> None:
    async with listening(api.app, limits=replace(LIMITS, head_timeout=QUICK)) as server:
        caller = await server.caller()
        caller.send(GET + "X: ")
        answering = asyncio.create_task(caller.answer())
        while not answering.done():
            caller.send("x")
            await asyncio.sleep(0.01)

        assert (await answering).is_problem(408, "request-timeout")


async def test_ten_uploads_that_stand_still_end_and_leave_their_room_to_others() -> None:
    size = 10 * LARGE
    settings = replace(SETTINGS, max_body_bytes=size, max_intake_bytes=10 * size)
    limits = replace(LIMITS, body_window=QUICK)
    stalled = [f"127.0.0.{number}" for number in range(2, 12)]
    async with (
        serving(Hexagon(MANY_BYTES), settings=settings) as api,
        listening(api.app, limits=limits) as server,
    ):
        callers = [await server.caller(address) for address in stalled]
        for caller in callers:
            caller.send(upload(size).encode() + text(size)[:-1])
        other = await server.caller()
        other.send(upload(9).encode())  # there is always room for a short one

        for caller in callers:
            assert (await caller.answer()).is_problem(408, "request-timeout")
        assert server.limited.uploads == 0
        full = await server.caller()
        full.send(upload(size).encode() + text(size))
        assert (await full.answer()).status == 202
    assert server.limits.count(Limit.BODY_RATE) == 11


async def test_stalled_uploads_of_one_address_leave_room_to_others_even_before_they_end() -> None:
    settings = replace(SETTINGS, max_body_bytes=2 * LARGE, max_intake_bytes=8 * LARGE)
    async with (
        serving(Hexagon(MANY_BYTES), settings=settings) as api,
        listening(api.app, limits=LIMITS) as server,
    ):
        one = [await server.caller() for _ in range(4)]
        for caller in one:
            caller.send(upload(2 * LARGE).encode() + text(2 * LARGE)[:-1])
        refused = [asyncio.create_task(caller.answer()) for caller in one]
        await eventually(lambda: sum(task.done() for task in refused) == 2, "two that have no room")
        for task in refused:
            if task.done():
                assert (await task).is_problem(429, "too-many-requests")

        other = await server.caller("127.0.0.2")
        other.send(upload(2 * LARGE).encode() + text(2 * LARGE))
        assert (await other.answer()).status == 202
        for task in refused:
            task.cancel()


@pytest.mark.parametrize("framing", ["Content-Length: 60", "Transfer-Encoding: chunked"])
async def test_an_upload_that_brings_enough_may_take_its_time(api: Api, framing: str) -> None:
    # It takes longer than a window, which is longer than this process ever stands still on a busy machine.
    limits = replace(LIMITS, body_window=timedelta(seconds=2), min_body_rate=1)
    async with listening(api.app, limits=limits) as server:
        caller = await server.caller()
        caller.send(
            f"POST /predictions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
        )
        for number in range(60):
            byte = text(60)[number : number + 1]
            caller.send(byte if "Length" in framing else b"1\r\n" + byte + b"\r\n")
            await asyncio.sleep(0.04)
        if "chunked" in framing:
            caller.send(b"0\r\n\r\n")

        assert (await caller.answer()).status == 202


@pytest.mark.parametrize("trailer", ["X: " + "a" * 40_000, "X: a\r\n" * 10_000, "0" * 40_000])
async def test_what_follows_the_last_chunk_is_bounded_too(trailer: str) -> None:
    app = Reading()
    app.may_read.set()
    async with listening(app, limits=LIMITS) as server:
        caller = await server.caller()
        caller.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
        await eventually(lambda: app.length == 1, "the body")
        caller.send(trailer)

        assert (await caller.answer()).is_problem(431, "request-header-fields-too-large")


async def test_a_trailer_changes_no_head(api: Api) -> None:
    member = await api.member(credits=5)
    async with listening(api.app, limits=LIMITS) as server:
        caller = await server.caller()
        caller.send("POST /predictions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        caller.send("Transfer-Encoding: chunked\r\n\r\n1e\r\n" + text(30).decode() + "\r\n0\r\n")
        caller.send(f"Authorization: {member.headers['Authorization']}\r\nContent-Type: text/plain\r\n\r\n")
        answer = await caller.answer()

    assert answer.status == 202
    page = (await member.get("/predictions")).json()
    assert page["items"] == [], "it was a guest's"


class Reading:
    """An application that reads a body only when a test lets it."""

    def __init__(self) -> None:
        self.may_read = asyncio.Event()
        self.length = 0
        self.ended = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.may_read.wait()
        more = True
        while more:
            message = await receive()
            self.length += len(message.get("body", b""))
            more, self.ended = message.get("more_body", False), message["type"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("expect", [False, True])
async def test_nobody_is_late_while_the_application_does_not_read(expect: bool) -> None:
    app = Reading()
    size = 20 * LARGE
    async with listening(app, limits=replace(LIMITS, body_window=QUICK)) as server:
        caller = await server.caller()
        caller.send(upload(size, *(["Expect: 100-continue"] if expect else [])))
        if not expect:
            caller.send(text(size))
        for _ in range(3):  # the caller is late repeatedly, so this much time has passed
            late = await server.caller("127.0.0.2")
            late.send(upload(9))
            assert (await late.answer()).is_problem(408, "request-timeout")
        app.may_read.set()
        if expect:
            assert (await caller.answer()).status == 100
            caller.send(text(size))

        assert (await caller.answer()).status == 200
    assert app.length == size


async def test_the_rest_of_a_body_is_not_read_forever_after_the_answer(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("augury.bootstrap.http.protocol.DISCARDING", 0.3)
    limits = replace(LIMITS, body_window=timedelta(milliseconds=100), min_body_rate=1)
    async with listening(api.app, limits=limits) as server:
        caller = await server.caller()
        caller.send(upload(2 * SETTINGS.max_body_bytes))
        assert (await caller.answer()).status == 413
        closed = asyncio.create_task(caller.is_closed())
        while not closed.done():
            caller.send("x")
            await asyncio.sleep(0.01)
        assert await closed


async def test_a_connection_whose_body_ends_after_its_answer_goes_on_and_is_idle_then(api: Api) -> None:
    async with listening(api.app, limits=LIMITS, keep_alive=QUICK) as server:
        caller = await server.caller()
        caller.send(upload(SETTINGS.max_body_bytes + 1))
        assert (await caller.answer()).status == 413
        caller.send(b"x" * (SETTINGS.max_body_bytes + 1))
        assert await is_served(caller)
        caller.send("\r\n")  # allowed between requests, but does not begin one

        assert await caller.is_closed()


async def test_one_address_has_so_many_connections_and_another_has_its_own(api: Api) -> None:
    limits = replace(LIMITS, max_connections_per_address=2)
    async with listening(api.app, limits=limits) as server:
        callers = [await server.caller() for _ in range(2)]
        for caller in callers:
            assert await is_served(caller)
        refused = await server.caller()
        answer = await refused.answer()
        assert answer.is_problem(429, "too-many-requests")
        assert answer.headers["retry-after"] == "1"
        assert await is_served(await server.caller("127.0.0.2"))

        await callers[0].hang_up()
        await refused.hang_up()
        await eventually(lambda: server.limited.open == 2, "the end of two connections")
        assert await is_served(await server.caller())
    await eventually(lambda: server.limited.open == 0, "the end of all")
    assert server.limits == [Limit.CONNECTIONS_OF_ADDRESS]


async def test_a_trusted_proxy_has_as_many_connections_as_it_needs(api: Api) -> None:
    limits = replace(LIMITS, max_connections_per_address=1)
    async with listening(api.app, limits=limits, trusted=(ip_network("127.0.0.2"),)) as server:
        callers = [await server.caller(address) for address in ["127.0.0.2"] * 3 + ["127.0.0.1"] * 2]
        for caller in callers[:-1]:
            assert await is_served(caller)
        assert (await callers[-1].answer()).status == 429


async def test_when_all_connections_are_taken_the_one_that_is_idle_longest_goes(api: Api) -> None:
    async with listening(api.app, limits=replace(LIMITS, max_connections=3)) as server:
        busy, idle, fresh = [await server.caller() for _ in range(3)]
        for caller in (busy, idle, fresh):
            assert await is_served(caller)
        busy.send(upload(9))
        await eventually(lambda: len(server.limited.idle) == 2, "the begin of a request")

        new = await server.caller()
        assert await is_served(new)
        assert await idle.is_closed()
        for caller in (fresh, new):
            caller.send(upload(9))
        await eventually(lambda: not server.limited.idle, "the begin of all requests")
        refused = await (await server.caller("127.0.0.2")).answer()

        assert refused.is_problem(503, "busy")
        assert refused.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("limits", "status"),
    [(replace(LIMITS, max_connections=1), 503), (replace(LIMITS, max_connections_per_address=1), 429)],
)
async def test_no_more_are_told_that_there_is_no_room_than_there_is_room_for_that(
    api: Api, monkeypatch: pytest.MonkeyPatch, limits: ConnectionSettings, status: int
) -> None:
    monkeypatch.setattr("augury.inbound.http.edge.connections.TOLD", 1)
    async with listening(api.app, limits=limits) as server:
        first, told, untold = [await server.caller() for _ in range(3)]
        assert (await told.answer()).status == status
        assert await untold.is_closed()
        assert await is_served(first)


@pytest.mark.parametrize("forwarded", ["", "X-Forwarded-For: 203.0.113.1"])
async def test_uploads_are_counted_by_the_address_that_is_believed(forwarded: str) -> None:
    app, limits = Reading(), replace(LIMITS, max_uploads_per_address=1, max_uploads=2)
    begun, callers = text(4 * LARGE)[: 2 * LARGE], list[Caller]()
    async with listening(app, limits=limits, trusted=(ip_network("127.0.0.2"),)) as server:

        async def uploads(address: str, said: str) -> Caller:
            caller = await server.caller(address)
            caller.send(upload(4 * LARGE, *([said] if said else [])).encode() + begun)
            callers.append(caller)  # an unreferenced one would be closed
            return caller

        app.may_read.set()
        await uploads("127.0.0.2" if forwarded else "127.0.0.3", forwarded)
        await eventually(lambda: server.limited.uploads == 1, "an upload")
        again = await uploads("127.0.0.2" if forwarded else "127.0.0.3", forwarded)
        assert (await again.answer()).is_problem(429, "too-many-requests")
        await uploads("127.0.0.2", "X-Forwarded-For: 203.0.113.2")
        await eventually(lambda: server.limited.uploads == 2, "another upload")
        assert (await (await uploads("127.0.0.4", forwarded)).answer()).is_problem(503, "busy")
    assert server.limits == [Limit.UPLOADS_OF_ADDRESS, Limit.UPLOADS]


async def test_an_upload_counts_no_more_when_it_has_arrived_or_its_caller_is_gone() -> None:
    app = Reading()
    app.may_read.set()
    async with listening(app, limits=LIMITS) as server:
        whole, gone = await server.caller(), await server.caller()
        for caller in (whole, gone):
            caller.send(upload(2 * LARGE).encode() + text(2 * LARGE)[:-1])
        await eventually(lambda: server.limited.uploads == 2, "two uploads")
        whole.send(b"}")
        assert (await whole.answer()).status == 200
        await gone.hang_up()
        await eventually(lambda: server.limited.uploads == 0, "their end")


class Endless:
    """An application that sends as long as the caller reads, and counts the bytes."""

    def __init__(self) -> None:
        self.sent = 0
        self.is_over = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        listening = asyncio.create_task(self._until_hung_up(receive))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not self.is_over.is_set():
            await send({"type": "http.response.body", "body": b"x" * 10_000, "more_body": True})
            self.sent += 10_000
            if self.sent % 1_000_000 == 0:
                await asyncio.sleep(0)
        await listening

    async def _until_hung_up(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.is_over.set()


async def test_who_reads_nothing_is_dropped_and_costs_a_bounded_buffer() -> None:
    app = Endless()
    async with listening(app, limits=LIMITS, patience=QUICK) as server:
        caller = await server.caller(takes=4_096)
        caller.send(GET + "\r\n")

        await eventually(app.is_over.is_set, "the end of the answer")

        assert server.limits == [Limit.READ_PATIENCE]
        assert app.sent < 20_000_000  # the kernel holds some megabytes, the server 64 KiB


async def test_who_reads_slowly_gets_everything_in_the_end() -> None:
    app = Endless()
    async with listening(app, limits=LIMITS) as server:
        caller = await server.caller(takes=4_096)
        caller.send(GET + "\r\n")
        async with asyncio.timeout(60):
            while app.sent < 30_000_000:
                await caller.reader.read(1_000_000)
        await caller.hang_up()
        await eventually(app.is_over.is_set, "the end of the answer")
    assert not server.limits


async def test_so_many_requests_may_wait_for_the_answer_to_an_earlier_one(api: Api) -> None:
    async with listening(api.app, limits=LIMITS) as server:
        caller = await server.caller()
        caller.send((GET + "\r\n") * (MOST_PIPELINED + 50))

        answers = await caller.rest()

    assert answers.count(b"HTTP/1.1 200 ") == MOST_PIPELINED + 1
    assert answers.count(b"connection: close") == 1
    assert server.limits == [Limit.PIPELINE]


@pytest.mark.parametrize(
    "what",
    [GET + "X: " + "a" * 33_000 + "\r\n\r\n", "no request\r\n\r\n"],
    ids=["head", "junk"],
)
async def test_who_has_a_right_to_an_answer_gets_it_before_what_comes_next_is_refused(what: str) -> None:
    app = Reading()
    async with listening(app, limits=LIMITS) as server:
        caller = await server.caller()
        caller.send(upload(2).encode() + b"{}" + what.encode())
        await eventually(lambda: server.limits, "a refusal")
        app.may_read.set()

        answers = await caller.rest()

    assert answers.startswith(b"HTTP/1.1 200 ")
    assert answers.count(b"HTTP/1.1 ") == 1


async def test_a_late_body_behind_a_request_that_is_answered_first_gets_an_answer_too() -> None:
    app = Reading()
    async with listening(app, limits=replace(LIMITS, body_window=QUICK)) as server:
        caller = await server.caller()
        caller.send(upload(2).encode() + b"{}" + upload(9).encode() + b"x")
        app.may_read.set()

        answers = await caller.rest()

    assert answers.startswith(b"HTTP/1.1 200 ")
    assert answers.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 408 " in answers
    assert server.limits == [Limit.BODY_RATE]


async def test_after_an_answer_without_continue_the_connection_ends(api: Api) -> None:
    """Its caller then sends no body. The next request must not be read as a body."""
    async with listening(api.app, limits=LIMITS) as server:
        caller = await server.caller()
        caller.send(
            "POST /balance/redeem HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\nExpect: 100-continue\r\n\r\n"
        )
        answer = await caller.answer()
        caller.send(GET + "\r\n")

        assert (answer.status, answer.headers["connection"]) == (401, "close")
        assert await caller.is_closed()


async def test_what_ended_at_a_limit_is_counted(api: Api) -> None:
    metrics = api.app.state.metrics
    async with listening(api.app, limits=LIMITS) as server:
        server.limited.refused = metrics.limited
        metrics.show_connections(lambda: server.limited.open)
        caller = await server.caller()
        caller.send(GET + "X: " + "a" * 33_000 + "\r\n\r\n")
        await caller.answer()
        shown = (await api.client().get("/metrics")).text

    assert 'augury_http_limits_total{limit="head_bytes"} 1.0' in shown
    assert 'augury_http_limits_total{limit="uploads"} 0.0' in shown
    assert "augury_http_connections 1.0" in shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_connections": 0},
        {"max_connections_per_address": 0},
        {"max_uploads": 0},
        {"max_uploads_per_address": 0},
        {"max_head_bytes": 255},
        {"head_timeout": timedelta(0)},
        {"body_window": timedelta(0)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_limit_that_refuses_everything_is_a_mistake(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ConnectionSettings(**wrong)
