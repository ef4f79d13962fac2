"""Limits of what one caller, or many at once, make the API keep in memory."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from augury.inbound.http.edge.connections import Limit
from augury.inbound.http.edge.intake import SMALL, Intake, IntakeShare
from augury.inbound.http.problems.documents import Refused
from tests.hexagon import Hexagon
from tests.http_api import SETTINGS, Api, is_problem, serving
from tests.polling import eventually

LARGE = SMALL + 1
TOO_MANY: list[object] = [[{}] * 11, [[[]] * 6], {"text": "a", "more": dict.fromkeys("abcdefghijk", 1)}]


def request_of(peer: str, forwarded_for: str | None = None) -> Any:
    headers = [] if forwarded_for is None else [(b"x-forwarded-for", forwarded_for.encode())]
    return {"type": "http", "client": (peer, 1), "headers": headers}


A, B = request_of("203.0.113.1"), request_of("203.0.113.2")


def arriving(*sizes: int) -> Callable[[], Awaitable[Any]]:
    messages = iter(sizes)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"x" * next(messages), "more_body": True}

    return receive


async def test_large_bodies_have_so_much_room_together_and_no_more() -> None:
    intake = Intake(most=LARGE + 10, most_of_one=LARGE + 10, most_decoded=LARGE)
    first, second, third = (intake.share(A) for _ in range(3))
    await first.counted(arriving(LARGE))()

    with pytest.raises(Refused):
        await second.counted(arriving(LARGE))()
    first.release()
    await third.counted(arriving(LARGE))()

    assert intake.taken == LARGE


async def test_a_small_body_finds_room_where_a_large_one_does_not() -> None:
    intake = Intake(most=LARGE, most_of_one=LARGE, most_decoded=LARGE)
    await intake.share(A).counted(arriving(LARGE))()

    await intake.share(A).counted(arriving(SMALL))()

    growing = intake.share(A).counted(arriving(SMALL, 1))
    await growing()
    with pytest.raises(Refused):
        await growing()


async def test_one_address_does_not_take_the_room_of_all() -> None:
    limits: list[Limit] = []
    intake = Intake(most=3 * LARGE, most_of_one=2 * LARGE, most_decoded=LARGE, limited=limits.append)
    held = [intake.share(A) for _ in range(2)]
    for share in held:
        await share.counted(arriving(LARGE))()

    with pytest.raises(Refused, match="from your address"):
        await intake.share(A).counted(arriving(LARGE))()
    await intake.share(B).counted(arriving(LARGE))()
    held[0].release()
    with pytest.raises(Refused, match="Too many large requests are"):
        await intake.share(request_of("203.0.113.3")).counted(arriving(2 * LARGE))()
    await intake.share(A).counted(arriving(LARGE))()

    assert limits == [Limit.INTAKE_OF_ADDRESS, Limit.INTAKE]


async def test_behind_a_trusted_proxy_the_forwarded_address_has_its_own_room() -> None:
    trusted = (ip_network("10.0.0.0/8"),)
    intake = Intake(most=9 * LARGE, most_of_one=LARGE, most_decoded=LARGE, trusted=trusted)
    await intake.share(request_of("10.0.0.1", "203.0.113.1")).counted(arriving(LARGE))()

    await intake.share(request_of("10.0.0.1", "203.0.113.2")).counted(arriving(LARGE))()
    for peer in ("10.0.0.1", "203.0.113.1"):  # an untrusted peer is not believed
        with pytest.raises(Refused, match="from your address"):
            await intake.share(request_of(peer, "203.0.113.1")).counted(arriving(LARGE))()


async def test_what_was_taken_is_given_back_once() -> None:
    intake = Intake(most=2 * LARGE, most_of_one=2 * LARGE, most_decoded=LARGE)
    share: IntakeShare = intake.share(A)
    await share.counted(arriving(LARGE))()

    share.release()
    share.release()

    assert intake.taken == 0


def ending(size: int) -> Callable[[], Awaitable[Any]]:
    async def receive() -> Any:
        return {"type": "http.request", "body": b"x" * size, "more_body": False}

    return receive


async def test_a_large_body_is_decoded_when_the_one_before_it_is_done_and_a_small_one_at_once() -> None:
    intake = Intake(most=9 * LARGE, most_of_one=9 * LARGE, most_decoded=LARGE)
    first, second = intake.share(A), intake.share(B)
    await first.counted(ending(LARGE))()

    waiting = asyncio.ensure_future(second.counted(ending(LARGE))())
    await intake.share(A).counted(ending(SMALL))()
    assert not waiting.done()

    first.release()
    await waiting
    second.release()
    assert (intake.taken, intake.decoding.taken) == (0, 0)


async def test_large_requests_at_once_wait_for_each_other_and_are_all_served() -> None:
    settings = replace(SETTINGS, max_body_bytes=2 * LARGE, max_intake_bytes=20 * LARGE, max_decoding_bytes=1)
    body = {"data": {"text": "x" * LARGE}}
    async with serving(Hexagon(), settings=settings) as api:
        member = await api.member(credits=9)
        answers = await asyncio.gather(
            *(
                member.post(path, json=body)
                for path in ("/predictions", "/predictions/", "/predictions/quote")
            ),
            *(
                member.post(path, json=body)
                for path in ("/predictions", "/predictions/", "/predictions/quote")
            ),
        )

    assert sorted(answer.status_code for answer in answers) == [200, 200, 202, 202, 202, 202]


@pytest.mark.parametrize("path", ["/predictions", "/predictions/"])  # the latter is found by Litestar
async def test_a_submit_that_waits_for_its_answer_holds_up_no_other_large_body(path: str) -> None:
    settings = replace(SETTINGS, max_body_bytes=2 * LARGE, max_intake_bytes=20 * LARGE, max_decoding_bytes=1)
    body = {"data": {"text": "x" * LARGE}}
    async with serving(Hexagon(), settings=settings) as api:
        member = await api.member(credits=9)
        waits = asyncio.create_task(member.post(path, json=body, headers={"Prefer": "wait=60"}))
        await eventually(lambda: api.hexagon.memory.state.predictions, "the first to be accepted")

        assert (await member.post(path, json=body)).status_code == 202
        await api.hexagon.run_all()
        assert (await waits).status_code == 200


async def test_every_answer_gives_its_room_back() -> None:
    settings = replace(
        SETTINGS, max_body_bytes=2 * LARGE, max_intake_bytes=2 * LARGE, max_intake_bytes_per_address=2 * LARGE
    )
    async with serving(Hexagon(), settings=settings) as api:
        member = await api.member(credits=9)
        for path in ("/predictions", "/predictions/", "/predictions/quote"):
            for _ in range(3):
                answer = await member.post(path, json={"data": {"text": "x" * LARGE}})
                assert answer.status_code in (200, 202), answer.text
                refused = await member.post(path, json={"data": "x" * LARGE, "more": 1})
                assert is_problem(refused, 422, "wrong-shape")


async def test_rows_of_too_many_values_are_refused_before_they_are_made() -> None:
    async with serving(Hexagon(), settings=replace(SETTINGS, max_values=10)) as api:
        member = await api.member(credits=9)
        for path in ("/predictions", "/predictions/", "/predictions/quote"):
            for data in TOO_MANY:
                refused = await member.post(path, json={"data": data})
                assert is_problem(refused, 422, "too-many-values")
                assert refused.json()["most"] == 10
            text = 'signs in a text, [are no values], {whatever "they\\" quote}, ' + "," * 100
            assert (await member.post(path, json={"data": [{"text": text}]})).status_code in (200, 202)


async def test_bodies_without_rows_are_short(api: Api) -> None:
    answer = await api.client().post("/auth/register", json={"email": "a" * SMALL, "password": "b"})

    assert is_problem(answer, 413, "body-too-large")


async def test_a_form_is_held_to_what_json_is_held_to(api: Api) -> None:
    form = {"grant_type": "password", "username": "ada@example.org", "password": "x" * 1_025}

    assert is_problem(await api.client().post("/auth/token", data=form), 422, "wrong-shape")
    form["password"] = "%41" * 6_000
    assert is_problem(await api.client().post("/auth/token", data=form), 422, "wrong-shape")


async def test_a_length_of_thousands_of_digits_is_a_bad_request(api: Api) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "0" * 5_000 + "2"}

    for path in ("/predictions", "/predictions/"):
        refused = await api.client().post(path, content=b"{}", headers=headers)
        assert is_problem(refused, 400, "bad-request")
