"""Event streams of batches and of model files that are checked."""

from collections.abc import AsyncIterator

import pytest

from augury.concurrency import watches
from augury.concurrency.background import background
from augury.domain.identifiers import uuid7
from augury.domain.user import Role
from tests.event_reading import reading
from tests.hexagon import Hexagon
from tests.http_api import Api, is_problem, serving


@pytest.fixture
async def api(hexagon: Hexagon, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    monkeypatch.setattr(watches, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(watches, "SLOWEST", 0.05)
    looks = hexagon.follow_batch.look(), hexagon.follow_upload.look()
    async with serving(hexagon) as api, background(*looks):
        yield api


async def test_a_batch_tells_its_progress_until_its_end(api: Api) -> None:
    user = await api.hexagon.user(credits=3)
    member = api.client_of(user)
    sent = await member.post(
        "/batches?model=tone", content=b"text\na\nb\nc\n", headers={"Content-Type": "text/csv"}
    )
    url = f"/batches/{sent.json()['id']}/events"
    own = {"Authorization": member.headers["Authorization"]}
    async with reading(api.app, url, own) as stream:
        first = await stream.event()
        await api.hexagon.run_all()
        rest = await stream.events()
    shown = (await member.get(f"/batches/{sent.json()['id']}")).json()

    assert first is not None
    assert (first.name, first.data["done"]) == ("queued", 0)
    assert (rest[-1].name, rest[-1].data) == ("succeeded", shown)
    async with reading(api.app, url, own | {"Last-Event-ID": "succeeded"}) as stream:
        assert stream.status == 204
    stranger = await api.member()
    for wanted in (sent.json()["id"], uuid7()):
        assert is_problem(await stranger.get(f"/batches/{wanted}/events"), 404, "batch-not-found")


FILE = b'{"features": {"text": "text"}, "classes": ["long", "short"]}'


@pytest.mark.parametrize(("content", "end"), [(b"a model file", "refused"), (FILE, "ready")])
async def test_a_model_file_tells_how_its_check_goes(api: Api, content: bytes, end: str) -> None:
    admin = await api.hexagon.user(role=Role.ADMIN)
    client = api.client_of(admin)
    sent = await client.post("/admin/models?name=fresh", content=content)
    assert sent.status_code == 202, sent.text
    url = f"/admin/models/{sent.json()['model']}/events"
    own = {"Authorization": client.headers["Authorization"]}
    async with reading(api.app, url, own) as stream:
        first = await stream.event()
        await api.hexagon.check_model()
        last = (await stream.events())[-1]

    assert first is not None
    assert first.name == first.data["state"] == "checking"
    assert last.name == last.data["state"] == end
    async with reading(api.app, url, own | {"Last-Event-ID": last.name}) as stream:
        assert stream.status == 204
    assert is_problem(await client.get("/admin/models/none@1/events"), 404, "model-not-found")
    member = await api.member()
    assert is_problem(await member.get(url), 403, "not-allowed")
