"""Walks all routes: none is open by mistake, and no user can reach another's objects."""

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from augury.domain.identifiers import uuid7
from tests.http_api import TEXT, Api, is_problem

OPEN = {
    ("POST", "/auth/register"),
    ("POST", "/auth/token"),
    ("POST", "/auth/refresh"),
    ("POST", "/auth/logout"),
    ("GET", "/models"),
    ("GET", "/models/{name:str}"),
    ("GET", "/models/{model:str}/card"),
    ("GET", "/v2"),
    ("GET", "/v2/health/live"),
    ("GET", "/v2/health/ready"),
    ("GET", "/v2/models"),
    ("GET", "/v2/models/{name:str}"),
    ("GET", "/v2/models/{name:str}/ready"),
    ("GET", "/v2/models/{name:str}/versions/{version:str}"),
    ("GET", "/v2/models/{name:str}/versions/{version:str}/ready"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
    ("GET", "/api"),
    ("GET", "/api/openapi.json"),
    ("GET", "/api/docs"),
    ("GET", "/api/docs/start.js"),
    ("GET", "/api/docs/{name:str}"),
}
GUESTS_TOO = {
    ("POST", "/predictions"),
    ("POST", "/predictions/predict"),
    ("GET", "/predictions/{prediction_id:uuid}"),
    ("GET", "/predictions/{prediction_id:uuid}/events"),
}
HOOK = {"url": "https://receiver.example.org/", "events": ["batch.finished"]}
BODIES = {
    "/predictions": TEXT,
    "/predictions/predict": TEXT,
    "/predictions/quote": TEXT,
    "/auth/password": {"current_password": "correct horse", "new_password": "another horse"},
    "/users/me/api-keys": {"name": "n"},
    "/users/me/api-keys/{key_id:uuid}": {"name": "n"},
    "/balance/redeem": {"code": "SPRING"},
    "/webhooks": HOOK,
    "/webhooks/{webhook_id:uuid}": {"enabled": False},
    "/webhooks/{webhook_id:uuid}/replay": {"since": "2026-01-01T00:00:00Z"},
    "/admin/users/{user_id:uuid}/top-up": {"credits": 1},
    "/admin/users/{user_id:uuid}": {"role": "admin"},
    "/admin/users/{user_id:uuid}/reversal": {"payment": str(uuid7())},
    "/admin/promo-codes/{code:str}": {"disabled": True},
    "/admin/promo-codes": {"code": "SPRING", "credits": 1, "limit": 1},
    "/admin/models/{ref:str}": {},
    "/admin/predictions/{prediction_id:uuid}/refund": {},
}


def routes(app: Litestar) -> Iterator[tuple[str, str]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method in route.methods - {"OPTIONS"}:
                yield method, route.path


def concrete(path: str) -> str:
    return "/".join(str(uuid7()) if part.endswith(":uuid}") else part for part in path.split("/"))


async def test_every_route_but_the_open_ones_takes_a_credential(api: Api) -> None:
    closed = set(routes(api.app)) - OPEN - GUESTS_TOO
    assert len(closed) > 12

    for method, path in closed:
        response = await api.client().request(method, concrete(path), json=BODIES.get(path))
        assert is_problem(response, 401, "sign-in-required"), (method, path)


async def test_no_route_but_the_open_ones_takes_a_wrong_credential(api: Api) -> None:
    for method, path in set(routes(api.app)) - OPEN:
        client = api.client(Authorization="Bearer wrong")
        response = await client.request(method, concrete(path), json=BODIES.get(path))
        assert is_problem(response, 401, "invalid-token"), (method, path)


async def test_the_open_routes_are_all_there(api: Api) -> None:
    assert set(routes(api.app)) >= OPEN | GUESTS_TOO


async def test_every_admin_route_refuses_members(api: Api) -> None:
    member = await api.member()
    paths = [(method, path) for method, path in routes(api.app) if path.startswith("/admin")]
    assert len(paths) >= 3

    for method, path in paths:
        response = await member.request(method, concrete(path), json=BODIES.get(path))
        assert is_problem(response, 403, "not-allowed"), (method, path)


@pytest.mark.parametrize("is_admin", [False, True])
async def test_what_is_one_users_is_a_404_to_every_other(api: Api, is_admin: bool) -> None:
    owner = await api.member(credits=1)
    ids = {
        "prediction_id": (await owner.post("/predictions", json=TEXT)).json()["id"],
        "key_id": (await owner.post("/users/me/api-keys", json={"name": "n"})).json()["id"],
        "webhook_id": (await owner.post("/webhooks", json=HOOK)).json()["webhook"]["id"],
    }
    other = await (api.admin() if is_admin else api.member())
    walked = 0
    for method, path in routes(api.app):
        for name, value in ids.items():
            if f"{{{name}:uuid}}" in path and not path.startswith("/admin"):
                body = BODIES.get(path)
                response = await other.request(method, path.replace(f"{{{name}:uuid}}", value), json=body)
                assert response.status_code == 404, (method, path)
                assert response.json()["type"].endswith("-not-found")
                walked += 1
    assert walked == 14
    assert (await owner.get(f"/predictions/{ids['prediction_id']}")).json()["status"] == "queued"
    assert len((await owner.get("/users/me/api-keys")).json()["items"]) == 1


async def test_lists_show_nothing_of_others(api: Api) -> None:
    owner, other = await api.member(credits=1), await api.member()
    await owner.post("/predictions", json=TEXT)
    await owner.post("/users/me/api-keys", json={"name": "n"})
    await owner.post("/webhooks", json=HOOK)

    for path in ("/predictions", "/users/me/api-keys", "/balance/transfers", "/webhooks"):
        assert (await owner.get(path)).json()["items"]
        assert not (await other.get(path)).json()["items"]
