from datetime import UTC, datetime

import pytest

from augury.domain.identifiers import uuid7
from augury.domain.user import Role
from tests.http_api import TEXT, Api, is_problem


async def test_a_user_is_found_by_address_in_any_case(api: Api) -> None:
    admin, ada = await api.admin(), await api.hexagon.user(email="ada@example.org")

    found = await admin.get("/admin/users", params={"email": " Ada@Example.org"})
    nobody = await admin.get("/admin/users", params={"email": "bob@example.org"})
    wrong = await admin.get("/admin/users", params={"email": "bob"})

    assert [each["id"] for each in found.json()["items"]] == [str(ada.id)]
    assert nobody.json() == {"items": [], "next_cursor": None}
    assert is_problem(wrong, 422, "invalid-email")


async def test_the_administrator_sees_a_users_balance_statement_and_predictions(api: Api) -> None:
    admin, ada = await api.admin(), await api.hexagon.user(credits=5)
    submitted = (await api.client_of(ada).post("/predictions", json=TEXT)).json()
    await api.hexagon.run_all()
    await api.client_of(ada).post("/predictions", json=TEXT)

    account = (await admin.get(f"/admin/users/{ada.id}")).json()
    statement = (await admin.get(f"/admin/users/{ada.id}/transfers")).json()
    [newer, older] = (await admin.get(f"/admin/users/{ada.id}/predictions")).json()["items"]

    assert (account["email"], account["blocked_at"]) == (ada.email, None)
    assert (account["available"], account["held"], account["pending"]) == (3, 1, 1)
    assert [line["kind"] for line in statement["items"]] == ["hold", "capture", "hold", "top_up"]
    assert statement == (await api.client_of(ada).get("/balance/transfers")).json()
    assert (newer["status"], older["status"], older["charged"]) == ("queued", "succeeded", 1)
    assert older["id"] == submitted["id"]
    assert not {"output", "input", "errors"} & set(older)


async def test_a_users_lists_come_in_pages(api: Api) -> None:
    admin, ada = await api.admin(), await api.hexagon.user(credits=5)
    for _ in range(3):
        await api.client_of(ada).post("/predictions", json=TEXT)

    for name in ("transfers", "predictions"):
        url = f"/admin/users/{ada.id}/{name}"
        whole = (await admin.get(url)).json()["items"]
        first = (await admin.get(url, params={"limit": 2})).json()
        rest = (await admin.get(url, params={"cursor": first["next_cursor"]})).json()
        assert first["items"] + rest["items"] == whole
        assert len(first["items"]) == 2


@pytest.mark.parametrize("what", ["", "/transfers", "/predictions"])
async def test_nobodys_account_is_a_404(api: Api, what: str) -> None:
    assert is_problem(await (await api.admin()).get(f"/admin/users/{uuid7()}{what}"), 404, "user-not-found")


async def test_a_blocked_user_is_refused_everywhere_until_unblocked(api: Api) -> None:
    admin, ada = await api.admin(), await api.hexagon.user(credits=5, email="ada@example.org")
    member = api.client_of(ada)
    key = (await member.post("/users/me/api-keys", json={"name": "script"})).json()["key"]
    program = api.client(Authorization=f"Bearer {key}")
    sign_in = {"email": "ada@example.org", "password": "correct horse"}
    for client in (member, program):
        assert (await client.get("/balance")).status_code == 200

    blocked = await admin.post(f"/admin/users/{ada.id}/block")

    assert blocked.status_code == 200
    assert datetime.fromisoformat(blocked.json()["blocked_at"]) <= datetime.now(UTC)
    for client in (member, program):
        assert is_problem(await client.get("/balance"), 403, "account-blocked")
        assert is_problem(await client.post("/predictions", json=TEXT), 403, "account-blocked")
    assert is_problem(await api.client().post("/auth/token", json=sign_in), 403, "account-blocked")
    [listed] = (await admin.get("/admin/users", params={"email": "ada@example.org"})).json()["items"]
    assert listed == blocked.json()

    unblocked = await admin.post(f"/admin/users/{ada.id}/unblock")

    assert unblocked.json()["blocked_at"] is None
    for client in (member, program):
        assert (await client.get("/balance")).status_code == 200
    assert (await api.client().post("/auth/token", json=sign_in)).status_code == 200


async def test_an_administrator_blocks_another_but_not_themselves(api: Api) -> None:
    first, second = await api.hexagon.user(role=Role.ADMIN), await api.hexagon.user(role=Role.ADMIN)

    own = await api.client_of(first).post(f"/admin/users/{first.id}/block")
    other = await api.client_of(first).post(f"/admin/users/{second.id}/block")

    assert is_problem(own, 409, "own-account")
    assert other.status_code == 200
    assert is_problem(await api.client_of(second).get("/admin/users"), 403, "account-blocked")


async def test_a_mistaken_top_up_is_taken_back_once(api: Api) -> None:
    admin, ada, payment = await api.admin(), await api.hexagon.user(), str(uuid7())
    await admin.post(f"/admin/users/{ada.id}/top-up", json={"credits": 50, "payment": payment})
    url, headers = f"/admin/users/{ada.id}/reversal", {"Idempotency-Key": "k"}

    too_much = await admin.post(url, json={"payment": payment, "credits": 51})
    taken_back = await admin.post(url, json={"payment": payment, "credits": 45}, headers=headers)
    repeated = await admin.post(url, json={"payment": payment, "credits": 45}, headers=headers)
    again = await admin.post(url, json={"payment": payment})
    unknown = await admin.post(url, json={"payment": str(uuid7())})

    assert is_problem(too_much, 422, "invalid-amount")
    assert taken_back.json() == repeated.json() == {"available": 5, "held": 0}
    assert repeated.headers["idempotent-replayed"] == "true"
    assert is_problem(again, 409, "already-reversed")
    assert is_problem(unknown, 404, "top-up-not-found")
    assert await api.hexagon.balanced()


async def test_a_top_up_is_named_by_its_payment_or_by_its_reference(api: Api) -> None:
    admin, ada = await api.admin(), await api.hexagon.user()
    for payment in ("invoice 7", "invoice 8", None):
        body = {"credits": 2} | ({"payment": payment} if payment else {})
        await admin.post(f"/admin/users/{ada.id}/top-up", json=body)
    statement = (await admin.get(f"/admin/users/{ada.id}/transfers")).json()["items"]

    for name in ("invoice 7", statement[1]["reference"], statement[0]["reference"]):
        taken_back = await admin.post(f"/admin/users/{ada.id}/reversal", json={"payment": name})
        assert taken_back.status_code == 200

    assert (await api.client_of(ada).get("/balance")).json() == {"available": 0, "held": 0}


async def test_what_is_spent_is_not_taken_back(api: Api) -> None:
    admin, ada, payment = await api.admin(), await api.hexagon.user(), str(uuid7())
    await admin.post(f"/admin/users/{ada.id}/top-up", json={"credits": 2, "payment": payment})
    await api.client_of(ada).post("/predictions", json=TEXT)

    refused = await admin.post(f"/admin/users/{ada.id}/reversal", json={"payment": payment})

    assert is_problem(refused, 409, "not-reversible")
    assert (refused.json()["amount"], refused.json()["available"]) == (2, 1)
    assert (await api.client_of(ada).get("/balance")).json() == {"available": 1, "held": 1}


async def test_a_promo_code_is_disabled_and_enabled(api: Api) -> None:
    admin, member = await api.admin(), await api.member()
    await admin.post("/admin/promo-codes", json={"code": "SPRING", "credits": 20, "limit": 2})

    disabled = await admin.patch("/admin/promo-codes/spring", json={"disabled": True})
    refused = await member.post("/balance/redeem", json={"code": "SPRING"})
    enabled = await admin.patch("/admin/promo-codes/SPRING", json={"disabled": False})
    redeemed = await member.post("/balance/redeem", json={"code": "SPRING"})

    assert disabled.status_code == 200
    assert disabled.json()["disabled_at"] is not None
    assert is_problem(refused, 404, "promo-code-not-found")
    assert enabled.json()["disabled_at"] is None
    assert redeemed.json() == {"available": 20, "held": 0}
    unknown = await admin.patch("/admin/promo-codes/WINTER", json={"disabled": True})
    assert is_problem(unknown, 404, "promo-code-not-found")
