"""A guest may send less than a member, and the refusal says so."""

from dataclasses import replace

import pytest

from augury.application.limits import Limits
from tests.hexagon import Hexagon
from tests.http_api import TEXT, Api, is_problem, serving

PATHS = ["/predictions", "/predictions/predict/"]  # the latter is found by Litestar


def small() -> Hexagon:
    """A model that is free, and guests who may send two rows of a hundred bytes in all."""
    hexagon = Hexagon(Limits(guest_rows=2, guest_bytes=100, guest_pending=3))
    free = replace(hexagon.model, row_price=0)
    hexagon.memory.state.models[free.ref] = free
    return hexagon


@pytest.mark.parametrize("path", PATHS)
async def test_a_guest_has_a_limit_of_rows_that_an_account_lifts(path: str) -> None:
    async with serving(small()) as api:
        guest, member = api.client(), await api.member()
        two, three = ({"data": [{"text": "a"}] * rows} for rows in (2, 3))

        assert (await guest.post(path, json=two)).status_code == 202
        refused = await guest.post(path, json=three)

        assert is_problem(refused, 422, "too-many-rows")
        assert (refused.json()["rows"], refused.json()["most"]) == (3, 2)
        assert "Register with `POST /auth/register`" in refused.json()["detail"]
        assert (await member.post(path, json=three)).status_code == 202


@pytest.mark.parametrize("path", PATHS)
async def test_a_guest_has_a_limit_of_bytes_that_an_account_lifts(path: str) -> None:
    async with serving(small()) as api:
        guest, member = api.client(), await api.member()
        large = {"data": {"text": "x" * 100}}

        refused = await guest.post(path, json=large)

        assert is_problem(refused, 413, "body-too-large")
        assert refused.json()["most"] == 100
        assert "Register with `POST /auth/register`" in refused.json()["detail"]
        assert (await member.post(path, json=large)).status_code == 202
        assert (await guest.post(path, json=TEXT)).status_code == 202


@pytest.mark.parametrize("path", PATHS)
async def test_what_a_guest_may_have_waiting_is_limited_also_where_it_costs_nothing(path: str) -> None:
    async with serving(small()) as api:
        guest, member = api.client(), await api.member()

        answers = [await guest.post(path, json=TEXT) for _ in range(4)]

        assert [each.status_code for each in answers] == [202, 202, 202, 429]
        assert is_problem(answers[3], 429, "too-many-pending")
        assert answers[3].headers["retry-after"] == "5"
        assert "Register with `POST /auth/register`" in answers[3].json()["detail"]
        assert {(await member.post(path, json=TEXT)).status_code for _ in range(4)} == {202}
        await api.hexagon.run_all()
        assert (await guest.post(path, json=TEXT)).status_code == 202


async def test_a_guests_limits_are_never_wider_than_everybodys() -> None:
    async with serving(Hexagon(Limits(max_rows=1, guest_rows=2))) as api:
        refused = await api.client().post("/predictions", json={"data": [{"text": "a"}] * 2})

        assert is_problem(refused, 422, "too-many-rows")
        assert refused.json()["most"] == 1


async def test_a_member_is_told_of_the_members_limits(api: Api) -> None:
    member = await api.member(credits=10)

    refused = await member.post("/predictions", json={"data": [{"text": "a"}] * 10_001})

    assert is_problem(refused, 422, "too-many-rows")
    assert "Register" not in refused.json()["detail"]
