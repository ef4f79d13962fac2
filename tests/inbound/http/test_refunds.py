import asyncio

import httpx
import pytest

from augury.domain.identifiers import uuid7
from tests.http_api import Api, is_problem

ROWS = {"data": [{"text": "a"}, {"text": "b"}, {"wrong": 1}]}


async def charged(api: Api) -> tuple[httpx.AsyncClient, str]:
    """A member whose prediction of three rows was charged for two, and the URL of its refund."""
    member = await api.member(credits=5)
    prediction = (await member.post("/predictions", json=ROWS)).json()
    await api.hexagon.run_all()
    return member, f"/admin/predictions/{prediction['id']}/refund"


async def test_a_refund_gives_back_what_was_charged_once(api: Api) -> None:
    member, url = await charged(api)
    assert (await member.get("/balance")).json() == {"available": 3, "held": 0}
    admin = await api.admin()

    response = await admin.post(url, json={})

    assert response.status_code == 200
    assert response.json() == {"available": 5, "held": 0}
    assert is_problem(await admin.post(url, json={}), 409, "already-refunded")
    assert is_problem(await admin.post(url, json={"credits": 1}), 409, "already-refunded")
    [line, *_] = (await member.get("/balance/transfers")).json()["items"]
    assert (line["kind"], line["amount"], line["reference"]) == ("refund", 2, url.split("/")[3])
    assert await api.hexagon.balanced()


async def test_a_part_may_be_refunded_but_never_more_than_was_charged(api: Api) -> None:
    _, url = await charged(api)
    admin = await api.admin()

    refused = await admin.post(url, json={"credits": 3})

    assert is_problem(refused, 409, "not-refundable")
    assert refused.json()["charged"] == 2
    assert (await admin.post(url, json={"credits": 1})).json() == {"available": 4, "held": 0}


async def test_a_full_refund_needs_no_body_and_shows_on_the_prediction(api: Api) -> None:
    member, url = await charged(api)
    admin, headers = await api.admin(), {"Idempotency-Key": "k"}
    prediction = url.removeprefix("/admin").removesuffix("/refund")
    assert (await member.get(prediction)).json()["refunded"] == 0

    first = await admin.post(url, headers=headers)
    again = await admin.post(url, json={}, headers=headers)

    assert first.json() == again.json() == {"available": 5, "held": 0}
    assert again.headers["idempotent-replayed"] == "true"
    shown = (await member.get(prediction)).json()
    assert (shown["charged"], shown["refunded"]) == (2, 2)
    assert (await member.get("/predictions")).json()["items"][0]["refunded"] == 2


@pytest.mark.parametrize("body", [{"credits": 0}, {"credits": -1}, {"credits": 1.5}, {"amount": 1}, []])
async def test_a_refund_of_another_shape_is_refused(api: Api, body: object) -> None:
    _, url = await charged(api)

    assert is_problem(await (await api.admin()).post(url, json=body), 422, "wrong-shape")


async def test_a_repeated_key_refunds_once_and_answers_the_same(api: Api) -> None:
    _, url = await charged(api)
    admin, headers = await api.admin(), {"Idempotency-Key": "k"}

    for replayed in (None, "true", "true"):
        response = await admin.post(url, json={}, headers=headers)
        assert response.json() == {"available": 5, "held": 0}
        assert response.headers.get("idempotent-replayed") == replayed

    conflict = await admin.post(url, json={"credits": 1}, headers=headers)
    assert is_problem(conflict, 422, "idempotency-conflict")


async def test_ten_refunds_at_once_are_one(api: Api) -> None:
    member, url = await charged(api)
    admin = await api.admin()

    answers = await asyncio.gather(*(admin.post(url, json={}) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert (await member.get("/balance")).json() == {"available": 5, "held": 0}


async def test_what_was_not_charged_is_not_refunded(api: Api) -> None:
    member, admin = await api.member(credits=5), await api.admin()
    prediction = (await member.post("/predictions", json=ROWS)).json()
    url = f"/admin/predictions/{prediction['id']}/refund"

    assert is_problem(await admin.post(url, json={}), 409, "not-refundable")
    assert is_problem(
        await admin.post(f"/admin/predictions/{uuid7()}/refund", json={}), 404, "prediction-not-found"
    )


async def test_a_closed_account_is_refunded_nothing(api: Api) -> None:
    member, url = await charged(api)
    assert (await member.delete("/users/me?confirm=3")).status_code == 204

    assert is_problem(await (await api.admin()).post(url, json={}), 404, "user-not-found")
    assert await api.hexagon.balanced()
