from typing import Any

import pytest

from tests.hexagon import a_model
from tests.http_api import TEXT, Api, is_problem


async def offers(api: Api) -> dict[str, dict[str, Any]]:
    listed = (await (await api.admin()).get("/admin/models")).json()["items"]
    return {each["model"]: each for each in listed}


async def test_a_new_price_is_what_the_next_prediction_costs(api: Api) -> None:
    admin, member = await api.admin(), await api.member(credits=10)
    before = (await member.post("/predictions", json=TEXT)).json()

    response = await admin.patch("/admin/models/tone@1", json={"row_price": 3})

    assert response.status_code == 200
    assert response.json()["facts"]["row_price"] == 3
    assert (await member.post("/predictions", json=TEXT)).json()["price"] == 3
    assert (await member.get(before["urls"]["self"])).json()["price"] == 1


async def test_a_price_of_text_is_charged_from_the_next_prediction_on(api: Api) -> None:
    admin, member = await api.admin(), await api.member(credits=10)
    before = (await member.post("/predictions", json=TEXT)).json()

    response = await admin.patch("/admin/models/tone@1", json={"text_price": 3})

    assert (response.json()["facts"]["row_price"], response.json()["facts"]["text_price"]) == (1, 3)
    [version] = (await api.client().get("/models/tone")).json()["versions"]
    assert version["text_price"] == 3
    quote = (
        await member.post("/predictions/quote", json={"data": [{"text": "x" * 1_001}, {"text": 5}]})
    ).json()
    assert {name: quote[name] for name in ("text_price", "text_bytes", "price", "charge")} == {
        "text_price": 3,
        "text_bytes": 1_001,
        "price": 2 + 6,
        "charge": 1 + 6,
    }
    assert (await member.post("/predictions", json=TEXT)).json()["price"] == 4
    assert (await member.get(before["urls"]["self"])).json()["price"] == 1


async def test_a_price_of_explanations_stays_until_it_is_null(api: Api) -> None:
    admin = await api.admin()

    async def own_price(**change: object) -> int | None:
        response = await admin.patch("/admin/models/tone@1", json=change)
        assert response.status_code == 200, response.text
        [model] = await api.hexagon.models.all()
        return model.explain_price

    assert await own_price(explain_price=7) == 7
    assert await own_price(row_price=2) == 7
    assert await own_price(row_price=None) == 7
    assert await own_price(explain_price=None) is None
    await api.hexagon.models.add(a_model(version=2, active=False))
    await admin.patch("/admin/models/tone@2", json={"explain_price": 7})
    canary = {"state": "canary", "share": 0.1, "explain_price": None}
    assert (await admin.patch("/admin/models/tone@2", json=canary)).status_code == 200
    assert {each.explain_price for each in await api.hexagon.models.all()} == {None}


async def test_activating_a_version_takes_the_other_ones_place(api: Api) -> None:
    await api.hexagon.models.add(a_model(version=2, active=False, row_price=2))
    admin = await api.admin()

    assert (await admin.get("/admin/models/tone@2")).json()["state"] == "ready"
    assert (await admin.patch("/admin/models/tone@2", json={"state": "active"})).json()["state"] == "active"

    assert {name: each["state"] for name, each in (await offers(api)).items()} == {
        "tone@1": "ready",
        "tone@2": "active",
    }
    assert (await api.client().post("/predictions", json=TEXT)).json()["model"] == "tone@2"


async def test_a_retired_version_serves_nobody_but_is_still_listed_here(api: Api) -> None:
    admin = await api.admin()

    assert (await admin.patch("/admin/models/tone@1", json={"state": "retired"})).json()["state"] == "retired"

    assert is_problem(await api.client().post("/predictions", json=TEXT), 404, "model-not-found")
    assert (await api.client().get("/models")).json()["items"] == []
    assert (await offers(api))["tone@1"]["state"] == "retired"


@pytest.mark.parametrize(
    "body",
    [
        {"row_price": -1},
        {"row_price": 10**6 + 1},
        {"text_price": -1},
        {"text_price": 10**6 + 1},
        {"row_price": "1"},
        {"state": "ready"},
        {"state": None, "sha256": "0" * 64},
        {"active": True},
    ],
    ids=repr,
)
async def test_a_change_of_another_shape_is_refused(api: Api, body: dict[str, object]) -> None:
    before = await offers(api)

    assert is_problem(await (await api.admin()).patch("/admin/models/tone@1", json=body), 422, "wrong-shape")
    assert await offers(api) == before


@pytest.mark.parametrize(
    "name",
    [
        "tone@",
        "tone@2",
        "tone@x",
        "tone@99999999999",
        "tone@2147483648",
        "@1",
        "..%5C..@1",
        "%00@1",
    ],
)
async def test_a_name_that_no_version_has_is_not_found(api: Api, name: str) -> None:
    admin = await api.admin()

    assert is_problem(await admin.get(f"/admin/models/{name}"), 404, "model-not-found")
    assert is_problem(await admin.patch(f"/admin/models/{name}", json={}), 404, "model-not-found")
