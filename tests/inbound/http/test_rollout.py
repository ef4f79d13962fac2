import xml.etree.ElementTree as ElementTree

import httpx
import pytest

from augury.domain.model import ModelState
from augury.domain.rollout import place_of
from augury.domain.usage import Usage
from augury.domain.user import User
from augury.outbound.prometheus_counters import MOST_VERSIONS
from tests.hexagon import Hexagon, a_model
from tests.http_api import TEXT, Api, is_problem


@pytest.fixture
async def admin(api: Api) -> httpx.AsyncClient:
    """An administrator, and `tone@2` beside the active `tone@1`."""
    await api.hexagon.models.add(a_model(version=2, active=False))
    return await api.admin()


async def users(hexagon: Hexagon) -> tuple[User, User]:
    """A user of a canary with half of the users, and one of the active version."""
    inside = outside = None
    while inside is None or outside is None:
        user = await hexagon.user(credits=10)
        if place_of(user.id, "tone") < 0.5:
            inside = user
        else:
            outside = user
    return inside, outside


async def predicted(client: httpx.AsyncClient, key: str | None = None) -> str:
    headers = {"Idempotency-Key": key} if key else {}
    model: str = (await client.post("/predictions", json=TEXT, headers=headers)).json()["model"]
    return model


async def test_a_canary_is_started_promoted_and_rolled_back(api: Api, admin: httpx.AsyncClient) -> None:
    of_canary, of_active = map(api.client_of, await users(api.hexagon))

    started = await admin.post("/admin/models/tone@2/canary", json={"share": 0.5})

    assert started.status_code == 200
    assert (started.json()["state"], started.json()["share"]) == ("canary", 0.5)
    assert (await predicted(of_canary, "key"), await predicted(of_active)) == ("tone@2", "tone@1")
    quote = await of_canary.post("/predictions/quote", json=TEXT)
    assert quote.json()["model"] == "tone@2"

    promoted = await admin.post("/admin/models/tone@2/promote")
    assert (promoted.status_code, promoted.json()["state"]) == (200, "active")
    assert await predicted(of_active) == "tone@2"

    back = await admin.post("/admin/models/tone@2/rollback")
    assert (back.json()["model"], back.json()["state"]) == ("tone@1", "active")
    assert (await predicted(of_canary), await predicted(of_active)) == ("tone@1", "tone@1")
    assert await predicted(of_canary, "key") == "tone@2", "a replay keeps its version"


async def test_a_canary_is_also_a_change_of_the_version(api: Api, admin: httpx.AsyncClient) -> None:
    changed = await admin.patch(
        "/admin/models/tone@2", json={"state": "canary", "share": 0.1, "row_price": 4}
    )

    found = changed.json()
    assert (found["state"], found["share"], found["facts"]["row_price"]) == ("canary", 0.1, 4)
    for body in ({"state": "canary"}, {"share": 0.1}, {"state": "active", "share": 0.1}):
        assert is_problem(await admin.patch("/admin/models/tone@2", json=body), 422, "wrong-shape")


@pytest.mark.parametrize(
    ("path", "body", "status", "name"),
    [
        ("tone@1/canary", {"share": 0.1}, 409, "wrong-model-state"),
        ("tone@2/canary", {"share": 0.6}, 422, "wrong-shape"),
        ("tone@2/canary", {"share": 0}, 422, "wrong-shape"),
        ("tone@2/canary", {}, 422, "wrong-shape"),
        ("tone@9/canary", {"share": 0.1}, 404, "model-not-found"),
        ("tone/canary", {"share": 0.1}, 422, "version-missing"),
        ("tone@2/promote", None, 409, "wrong-model-state"),
        ("tone@9/promote", None, 404, "model-not-found"),
        ("tone@2/rollback", None, 409, "wrong-model-state"),
        ("tone@1/rollback", None, 409, "nothing-to-roll-back"),
        ("tone@9/rollback", None, 404, "model-not-found"),
    ],
)
async def test_what_cannot_be_rolled_out_is_refused(
    api: Api,
    admin: httpx.AsyncClient,
    path: str,
    body: dict[str, object] | None,
    status: int,
    name: str,
) -> None:
    assert is_problem(await admin.post(f"/admin/models/{path}", json=body), status, name)
    models = await api.hexagon.models.all()
    assert [model.state for model in models] == [ModelState.ACTIVE, ModelState.READY]


async def test_only_an_administrator_may_roll_out_and_look(api: Api, admin: httpx.AsyncClient) -> None:
    member = await api.member()
    for path in ("canary", "promote", "rollback"):
        response = await member.post(f"/admin/models/tone@2/{path}", json={"share": 0.1})
        assert is_problem(response, 403, "not-allowed")
    for path in ("health", "health.svg"):
        assert is_problem(await member.get(f"/admin/models/tone@2/{path}"), 403, "not-allowed")


async def test_health_shows_a_version_beside_the_active_one(api: Api, admin: httpx.AsyncClient) -> None:
    await admin.post("/admin/models/tone@2/canary", json={"share": 0.5})
    of_canary, of_active = map(api.client_of, await users(api.hexagon))
    for client, times in ((of_canary, 2), (of_active, 3)):
        for _ in range(times):
            await predicted(client)
    await api.hexagon.run_all()
    await api.hexagon.store_usage()

    found = (await admin.get("/admin/models/tone@2/health")).json()

    assert found["minutes"] == 60
    canary, active = found["version"], found["active"]
    assert (canary["model"], canary["state"], canary["share"]) == ("tone@2", "canary", 0.5)
    assert (canary["predictions"], active["predictions"]) == (2, 3)
    assert (canary["error_rate"], canary["rows"], canary["labels"]) == (0, 2, {"long": 1})
    assert canary["mean_seconds"] > 0
    assert canary["p95_seconds"] >= canary["p50_seconds"] > 0
    alone = (await admin.get("/admin/models/tone@1/health", params={"minutes": 5})).json()
    assert (alone["active"], alone["version"]["predictions"]) == (None, 3)


async def test_a_version_that_nobody_used_has_an_empty_health(api: Api, admin: httpx.AsyncClient) -> None:
    found = (await admin.get("/admin/models/tone@2/health")).json()["version"]

    assert (found["predictions"], found["error_rate"], found["labels"]) == (0, None, {})
    assert is_problem(await admin.get("/admin/models/tone@9/health"), 404, "model-not-found")
    for minutes in (0, 10_081, "x"):
        response = await admin.get("/admin/models/tone@2/health", params={"minutes": minutes})
        assert is_problem(response, 422, "wrong-shape")


async def test_the_picture_is_an_svg_that_escapes_what_models_answer(
    api: Api, admin: httpx.AsyncClient
) -> None:
    hostile = "<script>alert(1)</script>&"
    counts = api.hexagon.version_counts

    await counts.add({a_model(version=2).ref: Usage(succeeded=1, labels={hostile: 1, "fine": 3})})

    response = await admin.get("/admin/models/tone@2/health.svg")

    assert response.headers["content-type"].startswith("image/svg+xml")
    root = ElementTree.fromstring(response.text)
    texts = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "tone@1 (active)" in texts
    assert "tone@2 (ready)" in texts
    assert "fine" in texts
    assert {"75.0%", "25.0%"} <= set(texts), "the figure of each bar is seen without pointing at it"
    assert "<script" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/admin/models/tone/canary", {"share": 0.1}),
        ("POST", "/admin/models/tone/promote", None),
        ("POST", "/admin/models/tone/rollback", None),
        ("GET", "/admin/models/tone", None),
        ("PATCH", "/admin/models/tone", {"row_price": 2}),
        ("GET", "/admin/models/tone/health", None),
        ("GET", "/admin/models/tone/health.svg", None),
    ],
)
async def test_a_route_that_needs_a_version_says_so(
    admin: httpx.AsyncClient, method: str, path: str, body: object
) -> None:
    refused = await admin.request(method, path, json=body)

    assert is_problem(refused, 422, "version-missing")
    assert "`tone@1`" in refused.json()["detail"]


async def test_versions_are_counted_in_the_metrics_with_bounded_labels(api: Api) -> None:

    for version in range(MOST_VERSIONS + 50):
        api.hexagon.counters.answered(f"tone@{version}", Usage(succeeded=1))

    page = (await api.client().get("/metrics")).text

    lines = [line for line in page.splitlines() if line.startswith("augury_model_predictions_total{")]
    assert any('model="tone@1"' in line and 'outcome="succeeded"' in line for line in lines)
    assert len({line.split('model="')[1].split('"')[0] for line in lines}) == MOST_VERSIONS + 1
