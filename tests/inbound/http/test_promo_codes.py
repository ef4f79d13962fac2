import asyncio

import pytest

from augury.application.limits import Limits
from augury.domain.user import Role
from tests.hexagon import Hexagon
from tests.http_api import Api, is_problem, serving

SPRING = {"code": "Spring", "credits": 20, "limit": 2}


async def test_a_code_is_made_redeemed_and_listed(api: Api) -> None:
    admin, member = await api.admin(), await api.member(credits=1)

    made = await admin.post("/admin/promo-codes", json=SPRING | {"expires_in": 3600})
    redeemed = await member.post("/balance/redeem", json={"code": "sPRING"})

    assert made.status_code == 201
    assert (made.json()["code"], made.json()["redeemed"]) == ("SPRING", 0)
    assert redeemed.status_code == 200
    assert redeemed.json() == {"available": 21, "held": 0}
    [listed] = (await admin.get("/admin/promo-codes")).json()["items"]
    assert listed == made.json() | {"redeemed": 1}
    [grant, _] = (await member.get("/balance/transfers")).json()["items"]
    assert (grant["kind"], grant["available_change"]) == ("grant", 20)
    assert await api.hexagon.balanced()


async def test_each_refusal_has_a_name(api: Api) -> None:
    admin = await api.admin()
    await admin.post("/admin/promo-codes", json=SPRING | {"limit": 1})
    first, second = await api.member(), await api.member()
    await first.post("/balance/redeem", json={"code": "SPRING"})

    for client, body, status, name in (
        (first, {"code": "SPRING"}, 409, "promo-code-redeemed"),
        (second, {"code": "SPRING"}, 409, "promo-code-used-up"),
        (second, {"code": "WINTER"}, 404, "promo-code-not-found"),
        (second, {"code": "nul\x00"}, 404, "promo-code-not-found"),
        (second, {"code": 5}, 422, "wrong-shape"),
        (second, {"code": "x" * 65}, 422, "wrong-shape"),
    ):
        assert is_problem(await client.post("/balance/redeem", json=body), status, name)
    taken = await admin.post("/admin/promo-codes", json=SPRING)
    assert is_problem(taken, 409, "promo-code-taken")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"code": "no spaces"}, "invalid-promo-code"),
        ({"code": ""}, "invalid-promo-code"),
        ({"credits": 0}, "wrong-shape"),
        ({"credits": 10**15 + 1}, "wrong-shape"),
        ({"limit": 0}, "wrong-shape"),
        ({"expires_in": 0}, "wrong-shape"),
        ({"expires_in": 10**12}, "wrong-shape"),
        ({"used": 5}, "wrong-shape"),
    ],
)
async def test_a_code_of_another_shape_is_refused(api: Api, changed: dict[str, object], name: str) -> None:
    response = await (await api.admin()).post("/admin/promo-codes", json=SPRING | changed)

    assert is_problem(response, 422, name)
    assert not api.hexagon.memory.state.promo_codes


async def test_a_repeated_key_redeems_once_and_answers_the_same(api: Api) -> None:
    await (await api.admin()).post("/admin/promo-codes", json=SPRING)
    member = await api.member()

    for replayed in (None, "true", "true"):
        response = await member.post(
            "/balance/redeem", json={"code": "SPRING"}, headers={"Idempotency-Key": "k"}
        )
        assert response.json() == {"available": 20, "held": 0}
        assert response.headers.get("idempotent-replayed") == replayed

    conflict = await member.post("/balance/redeem", json={"code": "OTHER"}, headers={"Idempotency-Key": "k"})
    assert is_problem(conflict, 404, "promo-code-not-found")
    [listed] = (await (await api.admin()).get("/admin/promo-codes")).json()["items"]
    assert listed["redeemed"] == 1


async def test_twenty_users_at_once_redeem_as_often_as_the_limit_says(api: Api) -> None:
    await (await api.admin()).post("/admin/promo-codes", json=SPRING | {"limit": 7})
    clients = [api.client_of(await api.hexagon.user(), peer=f"198.51.100.{number}") for number in range(20)]

    answers = await asyncio.gather(
        *(client.post("/balance/redeem", json={"code": "SPRING"}) for client in clients)
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [409] * 13
    assert await api.hexagon.balanced()


async def test_guessing_codes_is_slowed_down() -> None:
    async with serving(Hexagon(Limits(redeems_per_minute=2))) as api:
        member = await api.member()
        for _ in range(2):
            assert (await member.post("/balance/redeem", json={"code": "GUESS"})).status_code == 404

        response = await member.post("/balance/redeem", json={"code": "GUESS"})
        another_account = await (await api.member()).post("/balance/redeem", json={"code": "GUESS"})

    assert is_problem(response, 429, "too-many-tries")
    assert response.headers["retry-after"]
    assert is_problem(another_account, 429, "too-many-tries")


async def test_codes_are_listed_in_pages(api: Api) -> None:
    admin = api.client_of(await api.hexagon.user(role=Role.ADMIN))
    for number in range(5):
        await admin.post("/admin/promo-codes", json=SPRING | {"code": f"CODE-{number}"})

    first = (await admin.get("/admin/promo-codes?limit=3")).json()
    rest = (await admin.get("/admin/promo-codes", params={"limit": 3, "cursor": first["next_cursor"]})).json()

    assert [each["code"] for each in first["items"] + rest["items"]] == [f"CODE-{n}" for n in range(5)]
    assert rest["next_cursor"] is None
    for cursor in ("$$$", "AAAA", "_w", ""):
        assert is_problem(
            await admin.get("/admin/promo-codes", params={"cursor": cursor}), 422, "wrong-shape"
        )
