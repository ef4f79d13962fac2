"""Event streams: the state now, then each change. The streams of all predictions are in another file."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from augury.application.limits import Limits
from augury.concurrency import watches
from augury.concurrency.background import background
from augury.domain.user import User
from augury.inbound.http.settings import HttpSettings
from tests.event_reading import Event, Reading, reading
from tests.hexagon import Hexagon
from tests.http_api import SETTINGS, TEXT, Api, is_problem, serving
from tests.polling import eventually

SOON = timedelta(milliseconds=20)


@pytest.fixture(autouse=True)
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(watches, "SLOWEST", 0.05)


@pytest.fixture
async def api(hexagon: Hexagon) -> AsyncIterator[Api]:
    async with following(hexagon) as api:
        yield api


@asynccontextmanager
async def following(hexagon: Hexagon, settings: HttpSettings = SETTINGS) -> AsyncIterator[Api]:
    """The API, whose streams notice changes."""
    async with serving(hexagon, settings=settings) as api, background(hexagon.follow_prediction.look()):
        yield api


def bearer(api: Api, user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.tokens.issue(user.id)}"}


@asynccontextmanager
async def followed(
    api: Api, user: User | None = None, path: str = "", **headers: str
) -> AsyncIterator[tuple[str, Reading]]:
    """The id of a new prediction of the user, and its stream."""
    credential = bearer(api, user) if user else {}
    async with api.client(**credential) as client:
        prediction = (await client.post("/predictions", json=TEXT)).json()["id"]
    async with reading(api.app, f"/predictions/{prediction}/events{path}", credential | headers) as stream:
        yield prediction, stream


async def test_the_state_now_is_told_and_then_each_change_until_the_end(api: Api) -> None:
    user = await api.hexagon.user(credits=1)
    async with followed(api, user) as (prediction, stream):
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-cache"
        assert stream.headers["x-accel-buffering"] == "no"
        assert stream.headers["x-content-type-options"] == "nosniff"
        assert "content-encoding" not in stream.headers
        assert "content-length" not in stream.headers
        assert await stream.block() == "retry: 1000"
        queued = await stream.event()

        await api.hexagon.run_all()
        rest = await stream.events()

    async with api.client_of(user) as client:
        shown = (await client.get(f"/predictions/{prediction}")).json()
    assert queued is not None
    assert (queued.name, queued.data["id"], queued.data["status"]) == ("queued", prediction, "queued")
    assert rest == [Event("succeeded", shown, "succeeded")]


@pytest.mark.parametrize("path", ["", "?"])
async def test_what_has_ended_is_told_once(api: Api, path: str) -> None:
    """Directly, and in a spelling that only the framework understands."""
    user = await api.hexagon.user(credits=1)
    prediction = await api.hexagon.request_prediction(user.id)
    await api.hexagon.run_all()

    url = f"/predictions/{prediction.id}/events" + ("/" if path else "")
    async with reading(api.app, url, bearer(api, user)) as stream:
        [only] = await stream.events()

    assert (only.name, only.data["charged"]) == ("succeeded", 1)


async def test_a_browser_that_knows_the_end_does_not_connect_again(api: Api) -> None:
    user = await api.hexagon.user(credits=1)
    prediction = await api.hexagon.request_prediction(user.id)
    url, own = f"/predictions/{prediction.id}/events", bearer(api, user)
    async with reading(api.app, url, own | {"Last-Event-ID": "queued"}) as stream:
        assert (await stream.event() or Event("", None)).name == "queued"
        await api.hexagon.run_all()
    async with reading(api.app, url, own | {"Last-Event-ID": "queued"}) as stream:
        assert [each.name for each in await stream.events()] == ["succeeded"]

    async with reading(api.app, url, own | {"Last-Event-ID": "succeeded"}) as stream:
        assert (stream.status, await stream.body()) == (204, b"")


async def test_a_lost_event_costs_time_only(hexagon: Hexagon) -> None:
    async with following(hexagon) as api:
        user = await hexagon.user(credits=1)
        async with followed(api, user) as (_, stream):
            await stream.event()
            hexagon.events._listeners.clear()
            await hexagon.run_all()

            assert [each.name for each in await stream.events()] == ["succeeded"]


async def test_cancellation_is_told(api: Api) -> None:
    user = await api.hexagon.user(credits=1)
    async with followed(api, user) as (prediction, stream), api.client_of(user) as client:
        await stream.event()
        await client.post(f"/predictions/{prediction}/cancel")

        assert [each.name for each in await stream.events()] == ["canceled"]


async def test_a_guest_follows_an_own_prediction(api: Api) -> None:
    async with followed(api) as (_, stream):
        await stream.event()
        await api.hexagon.run_all()

        assert [each.name for each in await stream.events()] == ["succeeded"]


async def test_what_is_anothers_is_not_found(api: Api) -> None:
    user, stranger = await api.hexagon.user(credits=1), await api.member()
    prediction = await api.hexagon.request_prediction(user.id)

    for wanted in (prediction.id, uuid4()):
        for client in (stranger, api.client()):
            answer = await client.get(f"/predictions/{wanted}/events")
            assert is_problem(answer, 404, "prediction-not-found")
    wrong = await api.client(Authorization="Bearer no").get(f"/predictions/{prediction.id}/events")
    assert is_problem(wrong, 401, "invalid-token")
    assert not api.hexagon.follow_prediction._watches.keys


async def test_a_comment_breaks_the_silence(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    settings = replace(SETTINGS, stream_comment_every=SOON)
    async with following(hexagon, settings) as api, followed(api, user) as (_, stream):
        await stream.event()

        assert [await stream.block() for _ in range(3)] == [":", ":", ":"]


async def test_a_stream_ends_after_its_lifetime(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    settings = replace(SETTINGS, stream_lifetime=SOON)
    async with following(hexagon, settings) as api, followed(api, user) as (_, stream):
        assert [each.name for each in await stream.events()] == ["queued"]


async def test_at_a_stop_every_stream_ends_and_later_ones_tell_the_state(api: Api) -> None:
    user = await api.hexagon.user(credits=2)
    async with followed(api, user) as (_, one), followed(api, user) as (_, other):
        assert [(await each.event() or Event("", None)).name for each in (one, other)] == ["queued"] * 2

        api.hexagon.follow_prediction.stop()

        assert [await one.events(), await other.events()] == [[], []]
    async with followed(api, await api.hexagon.user(credits=1)) as (_, late):
        assert [each.name for each in await late.events()] == ["queued"]


def count(api: Api, name: str, **labels: str) -> Any:
    return api.hexagon.registry.get_sample_value(name, labels)


async def test_a_client_that_leaves_gives_its_place_back(api: Api) -> None:
    async with followed(api, await api.hexagon.user(credits=1)) as (_, stream):
        await stream.event()
        assert count(api, "augury_event_streams") == 1
        stream.leave()
        await eventually(lambda: count(api, "augury_event_streams") == 0)

    assert count(api, "augury_events_sent_total") == 1
    assert not api.hexagon.follow_prediction._watches.keys


@pytest.mark.parametrize(
    ("limits", "status", "name"),
    [
        (Limits(max_streams_per_user=2), 429, "too-many-streams"),
        (Limits(max_streams=2), 503, "busy"),
    ],
)
async def test_there_are_no_more_streams_than_allowed(limits: Limits, status: int, name: str) -> None:
    async with following(Hexagon(limits)) as api:
        user = await api.hexagon.user(credits=3)
        prediction = await api.hexagon.request_prediction(user.id)
        async with followed(api, user), followed(api, user) as (_, last):
            refused = await api.client_of(user).get(f"/predictions/{prediction.id}/events")
            assert is_problem(refused, status, name)
            assert refused.headers["retry-after"]
            last.leave()
            await eventually(lambda: count(api, "augury_event_streams") == 1)
            async with reading(api.app, f"/predictions/{prediction.id}/events", bearer(api, user)) as another:
                assert another.status == 200
        [limit] = [each for each in ("max_streams", "max_streams_per_user") if getattr(limits, each) == 2]
        assert count(api, "augury_event_streams_refused_total", limit=limit) == 1
        assert count(api, "augury_event_streams") == 0


async def test_head_has_the_same_head_and_ends(api: Api) -> None:
    user = await api.hexagon.user(credits=1)
    prediction = await api.hexagon.request_prediction(user.id)

    async with asyncio.timeout(30):
        url = f"/predictions/{prediction.id}/events"
        async with reading(api.app, url, bearer(api, user), method="HEAD") as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            assert await answer.body() == b""


async def test_many_that_follow_are_told_by_few_reads(api: Api) -> None:
    hexagon, users = api.hexagon, [await api.hexagon.user(credits=5) for _ in range(8)]
    predictions = [await hexagon.request_prediction(user.id) for user in users for _ in range(5)]
    by_id = {user.id: bearer(api, user) for user in users}
    reads: list[int] = []
    several = hexagon.predictions.several

    async def counted(ids: Any) -> Any:
        reads.append(len(ids))
        return await several(ids)

    follow = hexagon.follow_prediction
    follow._predictions = _With(hexagon.predictions, several=counted)

    async def follows(number: int) -> list[str]:
        prediction = predictions[number]
        url = f"/predictions/{prediction.id}/events"
        async with reading(api.app, url, by_id[prediction.user_id]) as stream:
            return [each.name for each in await stream.events()]

    all_of_them = [asyncio.create_task(follows(number)) for number in range(40)]
    await eventually(lambda: count(api, "augury_events_sent_total") == 40)
    await hexagon.run_predictions([each.id for each in predictions])

    assert await asyncio.gather(*all_of_them) == [["queued", "succeeded"]] * 40
    assert sum(reads) == 40
    assert len(reads) <= 3


class _With:
    """Another object's attributes, with some replaced."""

    def __init__(self, other: Any, **replaced: Any) -> None:
        self._other, self._replaced = other, replaced

    def __getattr__(self, name: str) -> Any:
        return self._replaced[name] if name in self._replaced else getattr(self._other, name)
