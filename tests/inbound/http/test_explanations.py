"""Explanations over HTTP: asked for with the rows, priced, bounded, and drawn."""

from dataclasses import replace
from typing import Any

import pytest

from augury.application.limits import Limits
from augury.domain.reasons import Reason
from tests.hexagon import a_model
from tests.http_api import Api, is_problem

ROW = {"text": "a long enough text"}


def explainable(api: Api, *, price: int | None = None, work: int | None = 100, reason: str = "") -> None:
    model = a_model(row_price=2)
    facts = replace(model.facts, explain_work=work, unexplained=Reason.written(reason) if reason else None)
    api.hexagon.memory.state.models[model.ref] = replace(model, facts=facts, explain_price=price)


async def done(api: Api, client: Any, body: dict[str, Any]) -> dict[str, Any]:
    accepted = await client.post("/predictions", json=body)
    assert accepted.status_code == 202, accepted.text
    await api.hexagon.run_all()
    found: dict[str, Any] = (await client.get(f"/predictions/{accepted.json()['id']}")).json()
    return found


@pytest.mark.parametrize(("price", "held"), [(None, 4), (0, 2), (7, 9)])
async def test_an_explanation_has_its_own_price_which_is_held_and_charged(
    api: Api, price: int | None, held: int
) -> None:
    explainable(api, price=price)
    member = await api.member(credits=10)

    found = await done(api, member, {"data": ROW, "explain": True})

    assert (found["price"], found["charged"]) == (held, held)
    [explanation] = found["output"]["explanations"]
    assert explanation["of"] == found["output"]["label"] == "long"
    assert [each["feature"] for each in explanation["contributions"]] == ["text"]
    assert (await member.get("/balance")).json() == {"available": 10 - held, "held": 0}
    quoted = (await member.post("/predictions/quote", json={"data": ROW, "explain": {"top": 1}})).json()
    assert (quoted["row_price"], quoted["explain_price"]) == (2, held - 2)
    assert (quoted["price"], quoted["charge"]) == (held, held)
    [told] = (await member.get("/models/tone")).json()["versions"]
    assert told["explain_price"] == (2 if price is None else price)


async def test_a_prediction_that_did_not_ask_has_neither_an_explanation_nor_its_price(api: Api) -> None:
    explainable(api, price=7)
    member = await api.member(credits=10)

    for body in ({"data": ROW}, {"data": ROW, "explain": False}):
        found = await done(api, member, body)
        assert (found["price"], found["output"]) == (2, {"label": "long"})


async def test_the_price_with_its_explanation_counts_for_what_the_caller_accepts_and_has(api: Api) -> None:
    explainable(api, price=7)
    member = await api.member(credits=8)

    refused = await member.post("/predictions", json={"data": ROW, "explain": True, "max_price": 8})
    assert is_problem(refused, 402, "max-price-exceeded")
    assert is_problem(
        await member.post("/predictions", json={"data": ROW, "explain": True}), 402, "not-enough-credits"
    )


async def test_explained_work_waits_in_the_bulk_lane_alone(api: Api) -> None:
    explainable(api)
    member = await api.member(credits=100)
    await member.post("/predictions", json={"data": ROW})
    for _ in range(2):
        await member.post("/predictions", json={"data": ROW, "explain": True})

    records = list(api.hexagon.memory.state.predictions.values())

    assert [each.in_bulk for each in records] == [False, True, True]
    slice_rows = api.hexagon.limits.slice_rows
    assert [each.bulk_cost for each in records if each.in_bulk] == [slice_rows, slice_rows]
    while ticket := api.hexagon.queue.take_ticket():
        assert ticket.prediction_ids
        assert await api.hexagon.run_next()


async def test_too_much_work_is_refused_and_says_how_many_rows_are_possible(api: Api) -> None:
    explainable(api, work=Limits().max_explain_work // 3)
    member = await api.member(credits=100)

    refused = await member.post("/predictions", json={"data": [ROW] * 4, "explain": True})

    assert is_problem(refused, 422, "explanation-too-large")
    assert refused.json()["most_rows"] == 3
    quote = await member.post("/predictions/quote", json={"data": [ROW] * 4, "explain": True})
    assert is_problem(quote, 422, "explanation-too-large")
    assert (await member.get("/balance")).json() == {"available": 100, "held": 0}


@pytest.mark.parametrize(
    ("reason", "told"), [("it has no trees", "it has no trees"), ("", "add its file again")]
)
async def test_a_model_that_cannot_be_explained_is_refused_with_the_reason(
    api: Api, reason: str, told: str
) -> None:
    explainable(api, work=None, reason=reason)
    member = await api.member(credits=100)

    refused = await member.post("/predictions", json={"data": ROW, "explain": True})

    assert is_problem(refused, 422, "not-explained")
    assert told in refused.json()["detail"]
    [version] = (await member.get("/models/tone")).json()["versions"]
    assert version["explain_price"] is None


@pytest.mark.parametrize("explain", ["yes", 1, {"top": 0}, {"top": 40_000}, {"most": 3}])
async def test_another_shape_of_explain_is_refused(api: Api, explain: object) -> None:
    explainable(api)
    member = await api.member(credits=100)

    refused = await member.post("/predictions", json={"data": ROW, "explain": explain})

    assert is_problem(refused, 422, "wrong-shape")


async def test_a_key_stands_for_the_request_with_its_explanation(api: Api) -> None:
    explainable(api)
    member = await api.member(credits=100)
    headers = {"Idempotency-Key": "one"}
    first = await member.post("/predictions", json={"data": ROW, "explain": True}, headers=headers)

    same = await member.post("/predictions", json={"data": ROW, "explain": True}, headers=headers)
    other = await member.post("/predictions", json={"data": ROW}, headers=headers)

    assert same.json()["id"] == first.json()["id"]
    assert is_problem(other, 422, "idempotency-conflict")


@pytest.mark.parametrize(
    ("accepted", "language", "words"),
    [
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru", "Почему long?"),
        ("en-GB, ru;q=0.5", "en", "Why long?"),
        ("fr", "en", "Why long?"),
        ("", "en", "Why long?"),
    ],
)
async def test_the_picture_is_in_the_readers_language(
    api: Api, accepted: str, language: str, words: str
) -> None:
    explainable(api)
    member = await api.member(credits=100)
    found = await done(api, member, {"data": [{"text": "x"}, ROW], "explain": True})

    picture = await member.get(
        f"/predictions/{found['id']}/explanation.svg?row=1", headers={"Accept-Language": accepted}
    )

    assert picture.status_code == 200
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.headers["content-language"] == language
    assert "default-src 'none'" in picture.headers["content-security-policy"]
    assert words in picture.text


async def test_there_is_no_picture_where_there_is_no_explanation(api: Api) -> None:
    explainable(api)
    member, other = await api.member(credits=100), await api.member(credits=1)
    plain = await done(api, member, {"data": ROW})
    told = await done(api, member, {"data": ROW, "explain": True})

    async def asked(client: Any, path: str) -> Any:
        return await client.get(f"/predictions/{path}")

    for path in (f"{plain['id']}/explanation.svg", f"{told['id']}/explanation.svg?row=1"):
        assert is_problem(await asked(member, path), 404, "no-explanation")
    assert is_problem(await asked(member, f"{told['id']}/explanation.svg?of=short"), 404, "no-explanation")
    assert is_problem(await asked(other, f"{told['id']}/explanation.svg"), 404, "prediction-not-found")
    assert is_problem(await asked(api.client(), f"{told['id']}/explanation.svg"), 401, "sign-in-required")
    await member.delete(f"/predictions/{told['id']}")
    assert is_problem(await asked(member, f"{told['id']}/explanation.svg"), 404, "no-explanation")
