import pytest

from augury.application.limits import Limits
from tests.hexagon import Hexagon
from tests.http_api import Api, is_problem, serving


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
