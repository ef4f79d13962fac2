import pytest

from augury.domain.identifiers import uuid7
from augury.domain.user import Role
from tests.http_api import Api, is_problem


async def test_a_top_up_adds_credits(api: Api) -> None:
    user = await api.hexagon.user(credits=1)
    admin = await api.admin()

    response = await admin.post(f"/admin/users/{user.id}/top-up", json={"credits": 9})

    assert response.status_code == 200
    assert response.json() == {"available": 10, "held": 0}
    assert (await api.client_of(user).get("/balance")).json() == {"available": 10, "held": 0}


async def test_a_repeated_key_tops_up_once(api: Api) -> None:
    user, admin = await api.hexagon.user(), await api.admin()
    url, headers = f"/admin/users/{user.id}/top-up", {"Idempotency-Key": "k"}

    for replayed in (None, "true", "true"):
        response = await admin.post(url, json={"credits": 9}, headers=headers)
        assert response.json() == {"available": 9, "held": 0}
        assert response.headers.get("idempotent-replayed") == replayed

    conflict = await admin.post(url, json={"credits": 10}, headers=headers)
    assert is_problem(conflict, 422, "idempotency-conflict")


async def test_a_key_that_tops_up_one_user_does_not_top_up_another(api: Api) -> None:
    first, second, admin = await api.hexagon.user(), await api.hexagon.user(), await api.admin()
    headers = {"Idempotency-Key": "k"}
    await admin.post(f"/admin/users/{first.id}/top-up", json={"credits": 9}, headers=headers)

    mistaken = await admin.post(f"/admin/users/{second.id}/top-up", json={"credits": 9}, headers=headers)

    assert is_problem(mistaken, 422, "idempotency-conflict")
    assert (await api.client_of(second).get("/balance")).json() == {"available": 0, "held": 0}


async def test_a_payment_is_the_transfers_reference_and_credited_once(api: Api) -> None:
    user, payment = await api.hexagon.user(), uuid7()

    await (await api.admin()).post(
        f"/admin/users/{user.id}/top-up", json={"credits": 2, "payment": str(payment)}
    )

    again = {"credits": 2, "payment": str(payment)}
    response = await (await api.admin()).post(f"/admin/users/{user.id}/top-up", json=again)
    assert response.json() == {"available": 2, "held": 0}
    assert response.headers["idempotent-replayed"] == "true"
    [line] = (await api.client_of(user).get("/balance/transfers")).json()["items"]
    assert (line["kind"], line["reference"]) == ("top_up", str(payment))


@pytest.mark.parametrize("payment", ["invoice 2026-0042", "Счёт № 7", "x" * 200, "urn:uuid:no", "{}"])
async def test_a_payment_may_have_any_name_and_is_credited_once(api: Api, payment: str) -> None:
    user, other, admin = await api.hexagon.user(), await api.hexagon.user(), await api.admin()
    body = {"credits": 2, "payment": payment}

    told = [await admin.post(f"/admin/users/{user.id}/top-up", json=body) for _ in range(2)]
    elsewhere = await admin.post(f"/admin/users/{other.id}/top-up", json=body)
    another = await admin.post(f"/admin/users/{user.id}/top-up", json=body | {"payment": "another"})

    assert [response.json()["available"] for response in told] == [2, 2]
    assert told[1].headers["idempotent-replayed"] == "true"
    assert is_problem(elsewhere, 409, "payment-taken")
    assert another.json()["available"] == 4


@pytest.mark.parametrize(
    "body",
    [
        {"credits": 0},
        {"credits": -1},
        {"credits": 10**15 + 1},
        {"credits": 10**30},
        {"credits": 1.5},
        {"credits": "5"},
        {"credits": True},
        {"credits": 1, "payment": ""},
        {"credits": 1, "payment": "x" * 201},
        {"credits": 1, "payment": 7},
        {"credits": 1, "currency": "EUR"},
        {},
    ],
    ids=repr,
)
async def test_a_top_up_of_another_shape_is_refused(api: Api, body: dict[str, object]) -> None:
    user, admin = await api.hexagon.user(), await api.admin()

    response = await admin.post(f"/admin/users/{user.id}/top-up", json=body)

    assert is_problem(response, 422, "wrong-shape")
    assert (await api.hexagon.balance_of(user.id)).available == 0


async def test_nobody_is_topped_up_who_does_not_exist(api: Api) -> None:
    response = await (await api.admin()).post(f"/admin/users/{uuid7()}/top-up", json={"credits": 1})

    assert is_problem(response, 404, "user-not-found")


async def test_the_users_are_listed_newest_first_without_guests(api: Api) -> None:
    await api.client().post("/predictions", json={"data": {"text": "a"}})
    admin = await api.hexagon.user(role=Role.ADMIN)
    ids = [str(admin.id), *[str((await api.hexagon.user()).id) for _ in range(3)]]
    client = api.client_of(admin)

    first = (await client.get("/admin/users?limit=2")).json()
    second = (await client.get("/admin/users", params={"limit": 2, "cursor": first["next_cursor"]})).json()

    listed = [user["id"] for user in first["items"] + second["items"]]
    assert listed == sorted(ids, reverse=True)
    assert second["next_cursor"] is None


async def test_the_books_can_be_checked(api: Api) -> None:
    user = await api.hexagon.user(credits=5)
    admin = await api.admin()

    response = await admin.get("/admin/ledger")

    assert response.status_code == 200
    report = response.json()
    assert (report["balanced"], report["deviations"], report["transfers"]) == (True, [], 1)

    balances = api.hexagon.memory.state.balances
    balances[user.id] = type(balances[user.id])(user.id, available=6)
    assert (await admin.get("/admin/ledger")).json()["balanced"] is False


async def test_a_role_is_given_and_taken_by_another_administrator(api: Api) -> None:
    user, boss = await api.hexagon.user(), await api.hexagon.user(role=Role.ADMIN)
    client, admin = api.client_of(user), api.client_of(boss)

    response = await admin.patch(f"/admin/users/{user.id}", json={"role": "admin"})

    assert response.status_code == 200
    assert response.json()["role"] == "admin"
    assert (await client.get("/admin/users")).status_code == 200
    own = await client.patch(f"/admin/users/{user.id}", json={"role": "member"})
    assert is_problem(own, 409, "own-role")
    assert (await client.patch(f"/admin/users/{boss.id}", json={"role": "member"})).status_code == 200
    assert is_problem(await admin.get("/admin/users"), 403, "not-allowed")


async def test_guests_and_strangers_get_no_role(api: Api) -> None:
    await api.client().post("/predictions", json={"data": {"text": "a"}})
    [guest] = list(api.hexagon.memory.state.users)
    admin = await api.admin()

    for user_id in (guest, uuid7()):
        response = await admin.patch(f"/admin/users/{user_id}", json={"role": "admin"})
        assert is_problem(response, 404, "user-not-found")
    for body in ({"role": "guest"}, {"role": "root"}, {"role": 1}, {}):
        assert is_problem(await admin.patch(f"/admin/users/{guest}", json=body), 422, "wrong-shape")
