"""`max_price`: the highest price that a caller accepts."""

import pytest

from tests.http_api import TEXT, Api, is_problem

NAME = "max-price-exceeded"
TWO = {"data": [{"text": "a"}, {"text": "b"}]}
PATHS = ["/predictions", "/predictions/predict/"]  # the latter is found by Litestar


@pytest.mark.parametrize("path", [*PATHS, "/predictions/quote"])
async def test_a_higher_price_is_refused_and_nothing_is_charged(api: Api, path: str) -> None:
    member = await api.member(credits=5)

    refused = await member.post(path, json=TWO | {"max_price": 1})

    assert is_problem(refused, 402, NAME)
    assert (refused.json()["price"], refused.json()["max_price"]) == (2, 1)
    assert (await member.get("/balance")).json() == {"available": 5, "held": 0}
    assert (await member.get("/predictions")).json()["items"] == []


@pytest.mark.parametrize("path", [*PATHS, "/predictions/quote"])
@pytest.mark.parametrize("max_price", [2, 10**15, None])
async def test_a_price_up_to_it_is_accepted(api: Api, path: str, max_price: int | None) -> None:
    member = await api.member(credits=5)

    accepted = await member.post(path, json=TWO | {"max_price": max_price})

    assert accepted.status_code in (200, 202)
    assert accepted.json()["price"] == 2


async def test_who_has_neither_the_credits_nor_accepts_the_price_hears_of_the_price(api: Api) -> None:
    member = await api.member(credits=1)

    assert is_problem(await member.post("/predictions", json=TWO | {"max_price": 1}), 402, NAME)
    assert is_problem(
        await member.post("/predictions", json=TWO | {"max_price": 2}), 402, "not-enough-credits"
    )


async def test_zero_accepts_only_what_is_free(api: Api) -> None:
    member = await api.member()

    assert is_problem(await member.post("/predictions", json=TEXT | {"max_price": 0}), 402, NAME)
    await api.hexagon.change_model(ref=api.hexagon.model.ref, row_price=0)
    assert (await member.post("/predictions", json=TEXT | {"max_price": 0})).status_code == 202


async def test_a_guest_may_say_it_too(api: Api) -> None:
    answer = await api.client().post("/predictions", json=TWO | {"max_price": 1})

    assert is_problem(answer, 402, NAME)


async def test_a_replay_is_the_first_decision_whatever_the_price_is_by_then(api: Api) -> None:
    member, key = await api.member(credits=5), {"Idempotency-Key": "k"}
    first = await member.post("/predictions", json=TEXT | {"max_price": 1}, headers=key)
    await api.hexagon.change_model(ref=api.hexagon.model.ref, row_price=3)

    again = await member.post("/predictions", json=TEXT | {"max_price": 1}, headers=key)

    assert again.headers["idempotent-replayed"] == "true"
    assert (again.json()["id"], again.json()["price"]) == (first.json()["id"], 1)


async def test_a_refused_price_is_not_remembered_under_the_key(api: Api) -> None:
    member, key = await api.member(credits=5), {"Idempotency-Key": "k"}
    refused = await member.post("/predictions", json=TWO | {"max_price": 1}, headers=key)
    assert is_problem(refused, 402, NAME)

    accepted = await member.post("/predictions", json=TWO | {"max_price": 2}, headers=key)

    assert accepted.status_code == 202
    assert "idempotent-replayed" not in accepted.headers


@pytest.mark.parametrize("max_price", [-1, 10**15 + 1, 1.5, "1", True], ids=repr)
async def test_what_is_no_price_is_a_422(api: Api, max_price: object) -> None:
    member = await api.member(credits=5)

    answer = await member.post("/predictions", json=TEXT | {"max_price": max_price})

    assert is_problem(answer, 422, "wrong-shape")
