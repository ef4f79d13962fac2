import dataclasses
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from augury.application.limits import Limits
from augury.domain.user import Role
from augury.inbound.http.problems.kinds import KINDS
from tests.hexagon import Hexagon
from tests.http_api import TEXT, Api, is_problem, serving

ROWS: dict[str, Any] = {"content": b"text\nhi\n", "headers": {"Content-Type": "text/csv"}}


async def test_a_key_is_shown_once_and_stored_never(api: Api) -> None:
    member = await api.member()

    response = await member.post("/users/me/api-keys", json={"name": "script", "expires_in": 3600})

    assert response.status_code == 201
    created = response.json()
    assert created["key"].startswith("aug_")
    assert created["key"].startswith(created["hint"])
    assert created["expires_at"] is not None
    assert created["key"] not in repr(api.hexagon.memory.state)
    [listed] = (await member.get("/users/me/api-keys")).json()["items"]
    assert listed == {name: value for name, value in created.items() if name != "key"}


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "n" * 101},
        {},
        {"name": "n", "expires_in": 0},
        {"name": "n", "expires_in": 10**12},
        {"name": "n", "scopes": []},
    ],
    ids=repr,
)
async def test_a_key_of_another_shape_is_refused(api: Api, body: dict[str, object]) -> None:
    assert is_problem(await (await api.member()).post("/users/me/api-keys", json=body), 422, "wrong-shape")


async def test_a_name_that_no_database_holds_is_refused(api: Api) -> None:
    response = await (await api.member()).post("/users/me/api-keys", json={"name": "nul \x00"})

    assert is_problem(response, 422, "invalid-api-key-name")


async def test_a_user_has_a_limited_number_of_keys() -> None:
    async with serving(Hexagon(Limits(api_keys=1))) as api:
        member = await api.member()
        await member.post("/users/me/api-keys", json={"name": "first"})

        response = await member.post("/users/me/api-keys", json={"name": "second"})

    assert is_problem(response, 409, "too-many-api-keys")


async def test_a_key_is_deleted_once(api: Api) -> None:
    member = await api.member()
    key_id = (await member.post("/users/me/api-keys", json={"name": "n"})).json()["id"]

    assert (await member.delete(f"/users/me/api-keys/{key_id}")).status_code == 204
    assert is_problem(await member.delete(f"/users/me/api-keys/{key_id}"), 404, "api-key-not-found")


async def key_of(api: Api, member: httpx.AsyncClient, **terms: object) -> tuple[str, httpx.AsyncClient]:
    """The id of a new key with these terms, and a client that has it."""
    made = await member.post("/users/me/api-keys", json={"name": "script"} | terms)
    assert made.status_code == 201, made.text
    return made.json()["id"], api.client(Authorization=f"Bearer {made.json()['key']}")


async def test_a_key_deletes_itself_and_no_other(api: Api) -> None:
    """Otherwise one with few rights could end those of production."""
    member = await api.member()
    weak, script = await key_of(api, member, models=["none"], limits={"day": 1})
    strong, _ = await key_of(api, member)

    assert is_problem(await script.delete(f"/users/me/api-keys/{strong}"), 403, "not-by-api-key")
    assert is_problem(await script.delete(f"/users/me/api-keys/{uuid4()}"), 403, "not-by-api-key")
    assert (await script.delete(f"/users/me/api-keys/{weak}")).status_code == 204
    assert [each["id"] for each in (await member.get("/users/me/api-keys")).json()["items"]] == [strong]


@pytest.mark.parametrize(
    "body",
    [
        {"scopes": ["write"]},
        {"models": []},
        {"models": ["Tone!"]},
        {"limits": {"week": 1}},
        {"limits": {"day": -1}},
        {"limits": {"day": 10**15 + 1}},
        {"limits": 500},
    ],
    ids=repr,
)
async def test_terms_of_another_shape_are_refused(api: Api, body: dict[str, object]) -> None:
    member = await api.member()

    refused = await member.post("/users/me/api-keys", json={"name": "n"} | body)

    assert is_problem(refused, 422, "wrong-shape")


async def test_a_key_does_what_its_scopes_allow(api: Api) -> None:
    admin = api.client_of(await api.hexagon.user(3, role=Role.ADMIN))
    asked = [("GET", "/predictions", None), ("GET", "/users/me", None), ("POST", "/predictions", TEXT)]
    asked += [("POST", "/predictions/quote", TEXT), ("GET", "/admin/queue", None)]
    allowed = {
        ("read",): ["GET /predictions", "GET /users/me"],
        ("predict",): ["POST /predictions", "POST /predictions/quote"],
        ("admin",): ["GET /admin/queue"],
        ("read", "predict", "admin"): [f"{method} {path}" for method, path, _ in asked],
    }
    for scopes, works in allowed.items():
        _, client = await key_of(api, admin, scopes=list(scopes))
        for method, path, body in asked:
            answer = await client.request(method, path, json=body)
            if f"{method} {path}" in works:
                assert answer.is_success, (scopes, path, answer.text)
            else:
                assert is_problem(answer, 403, "scope-missing"), (scopes, path)
                assert answer.json()["scope"] in answer.json()["detail"]


async def test_without_scopes_named_a_key_reads_and_predicts_but_administers_nothing(api: Api) -> None:
    admin = api.client_of(await api.hexagon.user(1, role=Role.ADMIN))
    _, client = await key_of(api, admin)

    assert (await client.post("/predictions", json=TEXT)).status_code == 202
    assert (await client.get("/predictions")).status_code == 200
    assert is_problem(await client.get("/admin/queue"), 403, "scope-missing")
    member = await api.member()
    _, members = await key_of(api, member, scopes=["admin"])
    assert is_problem(await members.get("/admin/queue"), 403, "not-allowed"), "the scope makes nobody one"


async def test_a_key_uses_the_models_on_its_list_through_every_door(api: Api) -> None:
    member = await api.member(credits=9)
    _, client = await key_of(api, member, models=["churn", "tone@2"])
    doors = [("/predictions", TEXT), ("/predictions/predict", TEXT), ("/predictions/quote", TEXT)]

    for path, body in doors:
        refused = await client.post(path, json=body)
        assert is_problem(refused, 403, "model-not-listed")
        assert refused.json()["model"] == "tone@1"
    tensors = {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["hi"]}]}
    refused = await client.post("/batches?model=tone", **ROWS)
    assert is_problem(refused, 403, "model-not-listed")
    assert is_problem(await client.post("/v2/models/tone/infer", json=tensors), 403, "model-not-listed")

    for listed in (["tone"], ["tone@1"], None):
        _, client = await key_of(api, member, models=listed)
        for path, body in doors:
            assert (await client.post(path, json=body)).is_success, (listed, path)
        assert (await client.post("/batches?model=tone", **ROWS)).status_code == 202


async def test_a_key_spends_its_limit_and_its_owner_sees_how_much(api: Api) -> None:
    api.hexagon.clock.set(datetime(2026, 11, 30, 22, tzinfo=UTC))
    user = await api.hexagon.user(credits=100)
    member = api.client_of(user)
    _, client = await key_of(api, member, limits={"day": 3, "month": 5})
    [idle] = (await member.get("/users/me/api-keys")).json()["items"]
    assert (idle["limits"], idle["spent"]) == ({"day": 3, "month": 5}, {"day": 0, "month": 0})

    three = {"data": [{"text": "a"}] * 3}
    assert (await client.post("/predictions", json=three)).status_code == 202
    refused = await client.post("/predictions", json=TEXT)
    assert is_problem(refused, 402, "spending-limit-reached")
    said = {name: refused.json()[name] for name in ("period", "limit", "spent", "price", "resets_at")}
    assert said == {"period": "day", "limit": 3, "spent": 3, "price": 1, "resets_at": "2026-12-01T00:00:00Z"}
    assert is_problem(await client.post("/batches", **ROWS), 402, "spending-limit-reached")
    assert (await member.post("/predictions", json=TEXT)).status_code == 202, "the limit is the key's alone"
    cheap = await client.post("/predictions", json=TEXT | {"max_price": 0})
    assert is_problem(cheap, 402, "max-price-exceeded")

    api.hexagon.clock.advance(timedelta(hours=3))
    assert (await client.post("/batches", **ROWS)).status_code == 202, "another day, another month"
    [key] = (await api.client_of(user).get("/users/me/api-keys")).json()["items"]
    assert key["spent"] == {"day": 1, "month": 1}
    page = (await api.client().get("/metrics")).text
    assert 'augury_refusals_total{limit="spending_day"} 2.0' in page


async def test_what_a_canceled_prediction_held_can_be_spent_again(api: Api) -> None:
    member = await api.member(credits=100)
    _, client = await key_of(api, member, limits={"month": 1})
    first = (await client.post("/predictions", json=TEXT)).json()
    refused = await client.post("/predictions", json=TEXT)
    assert is_problem(refused, 402, "spending-limit-reached")
    assert refused.json()["period"] == "month"

    assert (await client.post(f"/predictions/{first['id']}/cancel")).status_code in (200, 201)

    assert (await client.post("/predictions", json=TEXT)).status_code == 202


async def test_a_repeated_request_is_charged_and_counted_once(api: Api) -> None:
    member = await api.member(credits=100)
    _, client = await key_of(api, member, limits={"day": 1})
    named = {"Idempotency-Key": "once"}
    first = await client.post("/predictions", json=TEXT, headers=named)
    again = await client.post("/predictions", json=TEXT, headers=named)

    assert first.json()["id"] == again.json()["id"]
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_key_is_changed_by_its_owner_in_person(api: Api) -> None:
    member = await api.member(credits=9)
    key_id, client = await key_of(api, member, expires_in=3600, limits={"day": 1}, models=["tone"])
    path = f"/users/me/api-keys/{key_id}"
    before = (await member.get("/users/me/api-keys")).json()["items"][0]

    named = await member.patch(path, json={"name": "renamed"})
    assert named.json() == before | {"name": "renamed"}
    assert (await client.post("/predictions", json=TEXT)).status_code == 202
    assert is_problem(await client.post("/predictions", json=TEXT), 402, "spending-limit-reached")
    raised = await member.patch(path, json={"limits": {"day": 2}})
    assert (raised.json()["limits"], raised.json()["spent"]) == (
        {"day": 2, "month": None},
        {"day": 1, "month": 1},
    )
    assert (await client.post("/predictions", json=TEXT)).status_code == 202, (
        "believed at once in this process"
    )
    free = await member.patch(path, json={"limits": None, "models": None})
    assert (free.json()["limits"], free.json()["models"], free.json()["spent"]) == (None, None, None)
    assert (await client.post("/predictions", json=TEXT)).status_code == 202
    only = await member.patch(path, json={"models": ["churn"]})
    assert only.json()["models"] == ["churn"]
    assert is_problem(await client.post("/predictions", json=TEXT), 403, "model-not-listed")

    assert is_problem(await client.patch(path, json={"limits": None}), 403, "not-by-api-key")
    assert is_problem(await member.patch(path, json={"expires_in": 7200}), 422, "expiry-not-shortened")
    assert is_problem(await member.patch(path, json={"name": "nul \x00"}), 422, "invalid-api-key-name")
    assert is_problem(await member.patch(path, json={"scopes": ["admin"]}), 422, "wrong-shape")
    shorter = await member.patch(path, json={"expires_in": 60})
    assert shorter.json()["expires_at"] < before["expires_at"]
    api.hexagon.clock.advance(timedelta(minutes=2))
    api.hexagon.identify_caller.known.api_keys.forget_if(lambda _: True)
    assert is_problem(await client.get("/predictions"), 401, "invalid-token")


def test_money_is_402_everywhere_and_403_never() -> None:
    """Every refusal for lack of money says so by its status; every 403 is about rights."""
    by_status = {
        status: {kind.name for kind in KINDS.values() if kind.status == status} for status in (402, 403)
    }
    assert by_status[402] == {"not-enough-credits", "max-price-exceeded", "spending-limit-reached"}
    about_money = {"available", "price", "spent", "limit", "debt", "max_price", "charged"}
    for error, kind in KINDS.items():
        if kind.status == 403:
            assert not about_money & {each.name for each in dataclasses.fields(error)}, error
            assert not re.search(
                "credit|balance|price|spen[dt]|paid|money", kind.says + (error.__doc__ or "")
            )
    assert by_status[403] == {
        "account-blocked",
        "model-not-listed",
        "not-allowed",
        "not-by-api-key",
        "scope-missing",
        "sign-in-by-password",
    }


async def test_every_route_that_costs_credits_answers_402_to_whoever_has_none(api: Api) -> None:
    """The routes are found in the description: those that name a 402."""
    member = await api.member()
    document = (await api.client().get("/api/openapi.json")).json()
    costly = {
        (method, path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "402" in operation.get("responses", {})
    }
    bodies: dict[str, dict[str, Any]] = {
        "/predictions": {"json": TEXT},
        "/predictions/predict": {"json": TEXT},
        "/predictions/quote": {"json": TEXT | {"max_price": 0}},
        "/batches": ROWS,
    }
    assert {path for _, path in costly} >= set(bodies)
    for method, path in costly:
        if path in bodies:
            answer = await member.request(method.upper(), path, **bodies[path])
            assert answer.status_code == 402, (path, answer.text)
    assert not [path for _, path in costly if path not in bodies and path.startswith("/admin")]
