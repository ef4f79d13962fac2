import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from augury.application.limits import Limits
from augury.concurrency import watches
from augury.concurrency.background import background
from augury.domain.identifiers import uuid7
from augury.inbound.http.settings import HttpSettings
from tests.event_reading import reading
from tests.hexagon import Hexagon
from tests.http_api import Api, is_problem, serving

TABLE = b"age,calls,churn\n1,2,no\n"
SHA256 = hashlib.sha256(TABLE).hexdigest()


async def send(admin: httpx.AsyncClient, content: bytes = TABLE, **asked: object) -> httpx.Response:
    params = {"name": "churn", "target": "churn"} | {name: str(value) for name, value in asked.items()}
    return await admin.post(
        "/admin/trainings", params=params, content=content, headers={"Content-Type": "text/csv"}
    )


async def test_a_table_that_was_sent_becomes_a_version(api: Api) -> None:
    admin = await api.admin()

    kinds = json.dumps({"age": "number"})
    asked: dict[str, Any] = {"cost": "1:5", "kinds": kinds, "seconds": 9, "sha256": SHA256.upper()}
    sent = await send(admin, row_price=3, **asked)

    assert sent.status_code == 202
    url = sent.headers["location"]
    shown = sent.json()
    assert url == f"/admin/trainings/{shown['id']}" == shown["urls"]["self"]
    assert (shown["state"], shown["model"], shown["percent"], shown["size"]) == (
        "queued",
        None,
        0,
        len(TABLE),
    )
    assert shown["plan"] == {
        "target": "churn",
        "kinds": {"age": "number"},
        "task": None,
        "time": None,
        "group": None,
        "positive": None,
        "cost": "1:5",
        "seconds": 9,
    }
    assert (await admin.get(url)).json() == shown

    await api.hexagon.train_model()

    ready = (await admin.get(url)).json()
    assert (ready["state"], ready["model"], ready["percent"]) == ("ready", "churn@1", 100)
    assert ready["found"] == [
        "4 rows for training, 1 for the test: the test is a random 20 % of the rows; "
        "no row is a duplicate of another"
    ]
    assert [each["code"] for each in ready["findings"]] == ["split"]
    made = (await admin.get(ready["urls"]["model"])).json()
    assert (made["state"], made["facts"]["row_price"]) == ("ready", 3)
    assert (await admin.get("/admin/trainings")).json() == {"items": [ready], "next_cursor": None}
    assert (await send(admin, **asked)).json() == ready, "the same table by the same plan"
    actions = [each["action"] for each in (await admin.get("/admin/audit")).json()["items"]]
    assert actions.count("model.train") == 1


async def test_the_list_is_paged_newest_first(api: Api) -> None:
    admin = await api.admin()
    ids = [(await send(admin, seconds=seconds)).json()["id"] for seconds in (1, 2, 3)]

    first = (await admin.get("/admin/trainings?limit=2")).json()
    rest = (await admin.get(f"/admin/trainings?cursor={first['next_cursor']}")).json()

    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next_cursor"] is None


async def test_a_queued_training_is_canceled_and_only_once(api: Api) -> None:
    admin = await api.admin()
    url = (await send(admin)).headers["location"]

    canceled = await admin.post(f"{url}/cancel")

    assert (canceled.status_code, canceled.json()["state"]) == (200, "canceled")
    assert is_problem(await admin.post(f"{url}/cancel"), 409, "training-ended")
    actions = [each["action"] for each in (await admin.get("/admin/audit")).json()["items"]]
    assert actions[0] == "model.train_cancel"
    assert (await send(admin)).json()["state"] == "queued", "a canceled one is trained anew"


@pytest.mark.parametrize(
    ("asked", "content", "status", "name"),
    [
        ({"sha256": "0" * 64}, TABLE, 422, "checksum-mismatch"),
        ({"name": "Churn"}, TABLE, 422, "invalid-model-name"),
        ({"target": ""}, TABLE, 422, "wrong-shape"),
        ({"target": "a\x00b"}, TABLE, 422, "invalid-plan"),
        ({"time": "a", "group": "b"}, TABLE, 422, "invalid-plan"),
        ({"cost": "5"}, TABLE, 422, "invalid-plan"),
        ({"cost": "0:5"}, TABLE, 422, "invalid-plan"),
        ({"cost": "inf:5"}, TABLE, 422, "invalid-plan"),
        ({"kinds": "age=number"}, TABLE, 422, "invalid-plan"),
        ({"kinds": '{"age": "colour"}'}, TABLE, 422, "invalid-plan"),
        ({"kinds": '{"churn": "number"}'}, TABLE, 422, "invalid-plan"),
        ({"task": "ranking"}, TABLE, 422, "wrong-shape"),
        ({"seconds": 3601}, TABLE, 422, "wrong-shape"),
        ({"threads": 8}, TABLE, 422, "wrong-shape"),
        ({}, b"", 422, "empty-table"),
    ],
)
async def test_what_is_refused_leaves_nothing(
    api: Api, asked: dict[str, object], content: bytes, status: int, name: str
) -> None:
    assert is_problem(await send(await api.admin(), content, **asked), status, name)
    assert not api.hexagon.model_files.stored
    assert await api.hexagon.model_trainings.page(limit=9) == []


async def test_another_content_a_large_table_and_a_member_are_refused(hexagon: Hexagon) -> None:
    async with serving(hexagon, settings=HttpSettings(max_table_bytes=10)) as api:
        admin, member = await api.admin(), await api.member()
        assert is_problem(await send(admin), 413, "body-too-large")
        json_sent = await admin.post("/admin/trainings?name=a&target=b", json={})
        assert is_problem(json_sent, 415, "unsupported-media-type")
        assert is_problem(await send(member), 403, "not-allowed")
        for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/events")):
            unknown = f"/admin/trainings/{uuid7()}{path}"
            assert is_problem(await admin.request(method, unknown), 404, "training-not-found")
    assert not hexagon.model_files.stored


async def test_one_training_too_many_is_refused_until_another_one_has_ended() -> None:
    hexagon = Hexagon(limits=Limits(max_trainings=1))
    async with serving(hexagon) as api:
        admin = await api.admin()
        await send(admin)

        refused = await send(admin, target="age")

        assert is_problem(refused, 429, "too-many-trainings")
        assert refused.headers["retry-after"] == "60"
        assert (refused.json()["pending"], refused.json()["most"]) == (1, 1)
        await hexagon.train_model()
        assert (await send(admin, target="age")).status_code == 202


async def test_a_training_tells_its_progress_until_its_end(
    hexagon: Hexagon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(watches, "SLOWEST", 0.05)

    async def read(api: Api) -> AsyncIterator[tuple[str, object]]:
        admin = await api.admin()
        url = f"{(await send(admin)).headers['location']}/events"
        own = {"Authorization": admin.headers["Authorization"]}
        async with reading(api.app, url, own) as stream:
            first = await stream.event()
            assert first is not None
            yield first.name, first.data["percent"]
            await hexagon.train_model()
            last = (await stream.events())[-1]
            yield last.name, last.data["model"]
        async with reading(api.app, url, own | {"Last-Event-ID": "ready"}) as stream:
            yield "again", stream.status

    async with serving(hexagon) as api, background(hexagon.follow_training.look()):
        told = [each async for each in read(api)]

    assert told == [("queued", 0), ("ready", "churn@1"), ("again", 204)]
