"""`GET /events`: all predictions of the caller, resumable."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from augury.application.limits import Limits
from augury.application.predictions.ports.work import ClaimTerms
from augury.application.predictions.predictions_stream import MOST_AT_ONCE
from augury.concurrency import watches
from augury.concurrency.background import background
from augury.domain.identifiers import UserId
from augury.domain.prediction import Prediction
from augury.domain.retention import FREE_CHANGES
from tests.event_reading import Event, Reading, reading
from tests.hexagon import Hexagon, a_model
from tests.http_api import Api, is_problem, serving

Seen = tuple[str, str]
"""The name of an event, and the id of its prediction."""


@pytest.fixture(autouse=True)
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(watches, "SLOWEST", 0.05)


@pytest.fixture
async def api(hexagon: Hexagon) -> AsyncIterator[Api]:
    async with serving(hexagon) as api, background(hexagon.follow_predictions.look()):
        yield api


@asynccontextmanager
async def followed(api: Api, user_id: UserId, after: str | None = None) -> AsyncIterator[Reading]:
    headers = {"Authorization": f"Bearer {api.tokens.issue(user_id)}"}
    if after is not None:
        headers["Last-Event-ID"] = after
    async with reading(api.app, "/events", headers) as stream:
        yield stream


async def seen(stream: Reading, how_many: int) -> list[Seen]:
    events = [await stream.event() for _ in range(how_many)]
    return [(each.name, each.data["id"]) for each in events if each]


def ids(name: str, *predictions: Prediction) -> list[Seen]:
    return [(name, str(each.id)) for each in predictions]


async def test_first_what_is_unfinished_then_each_change(api: Api) -> None:
    hexagon, user = api.hexagon, await api.hexagon.user(credits=4)
    ended = await hexagon.request_prediction(user.id)
    await hexagon.run_all()
    waiting = [await hexagon.request_prediction(user.id) for _ in range(2)]

    async with followed(api, user.id) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        assert sorted(await seen(stream, 2)) == sorted(ids("queued", *waiting))
        later = await hexagon.request_prediction(user.id)
        assert await seen(stream, 1) == ids("queued", later)
        await hexagon.run_predictions([waiting[1].id])
        await hexagon.cancel_prediction(user_id=user.id, prediction_id=waiting[0].id)
        await hexagon.run_predictions([later.id])

        told = await seen(stream, 3)

    assert told == [*ids("succeeded", waiting[1]), *ids("canceled", waiting[0]), *ids("succeeded", later)]
    assert str(ended.id) not in {each for _, each in told}


async def test_the_state_is_that_of_the_list(api: Api) -> None:
    user = await api.hexagon.user(credits=1)
    async with followed(api, user.id) as stream, api.client_of(user) as client:
        await api.hexagon.request_prediction(user.id, single=True)
        await stream.event()
        await api.hexagon.run_all()
        ended = await stream.event()
        [listed] = (await client.get("/predictions")).json()["items"]

    assert ended is not None
    assert ended.data == listed
    assert ended.data["output"]["label"]


async def test_what_waits_is_told_with_its_place(api: Api) -> None:
    hexagon, user = api.hexagon, await api.hexagon.user(credits=3)
    waiting = sorted([str((await hexagon.request_prediction(user.id)).id) for _ in range(3)])
    hexagon.backlog.waiting = 3
    await hexagon.places.look()
    async with followed(api, user.id) as stream:
        told = [await stream.event() for _ in range(3)]
        await hexagon.run_all()
        ended = [await stream.event() for _ in range(3)]

    places = {each.data["id"]: each.data["queue"]["ahead"] for each in told if each}
    assert places == dict(zip(waiting, range(3), strict=True))
    assert all(each and "queue" not in each.data for each in ended)


async def test_it_goes_on_after_the_last_event_and_misses_nothing(api: Api) -> None:
    hexagon, user = api.hexagon, await api.hexagon.user(credits=300)
    async with followed(api, user.id) as stream:
        first = await hexagon.request_prediction(user.id)
        last = await stream.event()
    assert last is not None
    others = [await hexagon.request_prediction(user.id) for _ in range(MOST_AT_ONCE)]
    await hexagon.run_predictions([first.id])
    await hexagon.run_predictions([each.id for each in others[1:]])

    async with followed(api, user.id, last.id) as stream:
        told = await seen(stream, MOST_AT_ONCE + 1)
        await hexagon.run_predictions([others[0].id])
        final = await stream.event()

    assert told[0] == ids("queued", others[0])[0]
    assert told[1] == ids("succeeded", first)[0]
    assert sorted(told[2:]) == sorted(ids("succeeded", *others[1:]))
    assert final is not None
    assert (final.name, final.data["id"]) == ("succeeded", str(others[0].id))
    async with followed(api, user.id, final.id) as stream:
        await hexagon.request_prediction(user.id)
        assert [name for name, _ in await seen(stream, 1)] == ["queued"]


async def test_from_every_event_on_the_same_follows(api: Api) -> None:
    hexagon, user = api.hexagon, await api.hexagon.user(credits=5)
    events: list[Event] = []
    async with followed(api, user.id) as stream:
        for _ in range(5):
            await hexagon.request_prediction(user.id)
            events.append(await stream.event() or Event("", None))
            await hexagon.run_all()
            events.append(await stream.event() or Event("", None))
    finals = [(each.name, each.data["id"]) for each in events if each.name == "succeeded"]

    for number, event in enumerate(events):
        async with followed(api, user.id, event.id) as stream:
            expected = finals[(number + 1) // 2 :]
            assert await seen(stream, len(expected)) == expected


async def test_who_was_away_too_long_is_told(api: Api) -> None:
    hexagon, user = api.hexagon, await api.hexagon.user(credits=2)
    async with followed(api, user.id) as stream:
        prediction = await hexagon.request_prediction(user.id)
        last = await stream.event()
    hexagon.clock.advance(timedelta(days=7, seconds=1))
    assert last is not None

    async with followed(api, user.id, last.id) as stream:
        missed, now = await stream.event(), await seen(stream, 1)

    assert missed is not None
    assert (missed.name, missed.data) == ("missed", {"resumable_for": 604_800})
    assert now == ids("queued", prediction)


@pytest.mark.parametrize("ahead", ["{paid}-0-{at}", "0-{free}-{at}"])
async def test_who_is_ahead_of_restored_books_is_told(api: Api, ahead: str) -> None:
    hexagon, user = api.hexagon, await api.hexagon.user(credits=2)
    at = int(hexagon.clock.now().timestamp())

    async with followed(api, user.id, ahead.format(paid=1_000, free=1_000, at=at)) as stream:
        missed = await stream.event()
        prediction = await hexagon.request_prediction(user.id)

        assert (missed or Event("", None)).name == "missed"
        assert await seen(stream, 1) == ids("queued", prediction)


async def test_who_comes_back_after_a_purge_has_missed_nothing(api: Api) -> None:
    """The id names the last free change, which may be deleted although the id itself is new."""
    hexagon, user = api.hexagon, await api.hexagon.user(credits=2)
    free = a_model("free", row_price=0)
    hexagon.memory.state.models[free.ref] = free
    await hexagon.request_prediction(user.id, model=free)
    await hexagon.run_all()
    hexagon.clock.advance(FREE_CHANGES - timedelta(hours=1))
    async with followed(api, user.id) as stream:
        await hexagon.request_prediction(user.id)
        last = await stream.event()
    assert last is not None
    other = await hexagon.user()
    await hexagon.request_prediction(other.id, model=free)
    hexagon.clock.advance(timedelta(hours=2))
    assert await hexagon.upkeep.purge() >= 2, "both free changes"
    await hexagon.run_all()

    async with followed(api, user.id, last.id) as stream:
        assert await seen(stream, 1) == [("succeeded", last.data["id"])]


@pytest.mark.parametrize(
    "junk", ["x", "1", "-", "1-1", "-1-1", "1-1-", "9" * 30 + "-1-1", "queued", "١-١-١", "0-0-0"]
)
async def test_an_id_of_another_kind_begins_anew_and_says_so(api: Api, junk: str) -> None:
    user = await api.hexagon.user(credits=1)
    prediction = await api.hexagon.request_prediction(user.id)

    async with followed(api, user.id, junk) as stream:
        missed = await stream.event()
        assert (missed or Event("", None)).name == "missed"
        assert await seen(stream, 1) == ids("queued", prediction)


async def test_an_empty_id_is_none(api: Api) -> None:
    user = await api.hexagon.user(credits=1)
    prediction = await api.hexagon.request_prediction(user.id)

    async with followed(api, user.id, "") as stream:
        assert await seen(stream, 1) == ids("queued", prediction)


async def test_a_new_stream_can_be_continued_before_its_first_event(api: Api) -> None:
    """Otherwise what is accepted and ends while the client connects again would be missed."""
    hexagon, user = api.hexagon, await api.hexagon.user(credits=2)
    async with followed(api, user.id) as stream:
        opened = await stream.block()
    assert opened is not None
    retry, last = opened.split("\n")
    assert retry == "retry: 1000"
    prediction = await hexagon.request_prediction(user.id)
    await hexagon.run_all()

    async with followed(api, user.id, last.removeprefix("id: ")) as stream:
        assert await stream.block() == "retry: 1000", "an id here could be ahead of changes to come"
        assert await seen(stream, 1) == ids("succeeded", prediction)


async def test_the_start_of_long_work_is_told(api: Api) -> None:
    hexagon, user = api.hexagon, await api.hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    terms = ClaimTerms(token=uuid4(), lease=timedelta(seconds=30), most_rows=10, most_bytes=1000)
    async with followed(api, user.id) as stream:
        assert await seen(stream, 1) == ids("queued", prediction)
        await hexagon.work.claim([prediction.id], terms)
        assert await seen(stream, 1) == ids("processing", prediction)
        await hexagon.work.hand_back(terms.token, [prediction.id])
        assert await seen(stream, 1) == ids("queued", prediction)
        await hexagon.run_predictions([prediction.id])
        assert await seen(stream, 1) == ids("succeeded", prediction)


async def test_what_costs_nothing_is_told_too(api: Api) -> None:
    hexagon, user = api.hexagon, await api.hexagon.user()
    free = a_model("free", row_price=0)
    hexagon.memory.state.models[free.ref] = free
    async with followed(api, user.id) as stream:
        prediction = await hexagon.request_prediction(user.id, model=free)
        assert await seen(stream, 1) == ids("queued", prediction)
        await hexagon.run_all()
        assert await seen(stream, 1) == ids("succeeded", prediction)


async def test_nobody_is_told_of_others_predictions(api: Api) -> None:
    hexagon = api.hexagon
    user, stranger = await hexagon.user(credits=1), await hexagon.user(credits=2)
    async with followed(api, user.id) as stream:
        await hexagon.request_prediction(stranger.id)
        await hexagon.run_all()
        mine = await hexagon.request_prediction(user.id)

        assert await seen(stream, 1) == ids("queued", mine)


async def test_only_who_is_signed_in_can_follow_all(api: Api) -> None:
    assert is_problem(await api.client().get("/events"), 401, "sign-in-required")
    assert is_problem(await api.client(Authorization="Bearer no").get("/events"), 401, "invalid-token")
    slow = await (await api.member()).get("/events?x=1")
    assert is_problem(slow, 422, "wrong-shape")


async def test_streams_are_limited_and_leave_nothing_behind() -> None:
    hexagon = Hexagon(Limits(max_streams_per_user=1))
    async with serving(hexagon) as api, background(hexagon.follow_predictions.look()):
        user = await hexagon.user()
        async with followed(api, user.id):
            assert is_problem(await api.client_of(user).get("/events"), 429, "too-many-streams")
        assert not hexagon.follow_predictions._streams
        assert not hexagon.follow_predictions._watches.keys
        assert hexagon.registry.get_sample_value("augury_event_streams") == 0


async def test_at_a_stop_the_streams_end(api: Api) -> None:
    user = await api.hexagon.user()
    async with followed(api, user.id) as one, followed(api, user.id) as other:
        api.hexagon.follow_predictions.stop()

        assert [await one.event(), await other.event()] == [None, None]


async def test_many_streams_are_told_by_few_reads(api: Api) -> None:
    hexagon, users = api.hexagon, [await api.hexagon.user(credits=1) for _ in range(48)]
    asked: list[int] = []
    since = hexagon.changes.since

    async def counted(of_users: Any, *, limit: int) -> Any:
        asked.append(len(of_users))
        return await since(of_users, limit=limit)

    reads: Any = hexagon.follow_predictions._reads
    reads._changes = _Counted(reads._changes, counted)
    open_streams = asyncio.Event()
    begun = 0

    async def follows(user_id: UserId) -> list[Seen]:
        nonlocal begun
        async with followed(api, user_id) as stream:
            begun += 1
            await open_streams.wait()
            return await seen(stream, 1)

    waiting = [asyncio.create_task(follows(user.id)) for user in users]
    while begun < len(users):
        await asyncio.sleep(0)
    asked.clear()
    predictions = [await hexagon.request_prediction(user.id) for user in users]
    await hexagon.run_predictions([each.id for each in predictions])
    open_streams.set()

    told = await asyncio.gather(*waiting)

    assert [name for [(name, _)] in told] == ["succeeded"] * len(users)
    assert sum(asked) >= len(users)
    assert len(asked) <= 6, asked


class _Counted:
    def __init__(self, changes: Any, since: Any) -> None:
        self.newest = changes.newest
        self.since = since
