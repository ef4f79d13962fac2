import asyncio
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from augury.application.operation.ports import Process, ProcessRole
from augury.domain.identifiers import uuid7
from tests.http_api import TEXT, Api, is_problem

WORKER = Process(id=uuid7(), part=ProcessRole.WORKER)


async def test_the_overview_shows_what_happened_and_what_is_so_now(api: Api) -> None:
    admin, ada = await api.admin(), await api.hexagon.user(credits=5)
    for _ in range(3):
        await api.client_of(ada).post("/predictions", json=TEXT)
    await api.hexagon.run_all()
    await api.client_of(ada).post("/predictions", json=TEXT)
    await api.hexagon.keep_figures(WORKER)
    await api.hexagon.verify_ledger()

    seen = (await admin.get("/admin/overview")).json()

    last = seen["points"][-1]
    assert (len(seen["points"]), seen["step_seconds"]) == (60, 60)
    assert (last["accepted"], last["succeeded"], last["failed"], last["revenue"]) == (4, 3, 0, 3)
    assert (last["p50"], last["p95"]) == (0.01, 0.01)
    assert seen["points"][0] | {"at": None} == {
        "at": None,
        "accepted": 0,
        "succeeded": 0,
        "failed": 0,
        "revenue": 0,
        "p50": None,
        "p95": None,
    }
    assert seen["queue"]["unfinished"] == 1
    assert datetime.fromisoformat(seen["queue"]["oldest"]) <= api.hexagon.clock.now()
    assert (seen["workers"], seen["processes"]) == (1, {"worker": 1})
    assert seen["books"]["deviations"] == 0


@pytest.mark.parametrize(
    ("span", "points", "seconds"), [("hour", 60, 60), ("day", 24, 3600), ("month", 31, 86400)]
)
async def test_each_range_has_its_points_without_gaps(api: Api, span: str, points: int, seconds: int) -> None:
    seen = (await (await api.admin()).get(f"/admin/overview?range={span}")).json()

    times = [datetime.fromisoformat(each["at"]) for each in seen["points"]]
    assert len(times) == points
    assert all(b - a == timedelta(seconds=seconds) for a, b in pairwise(times))
    assert times[-1] <= api.hexagon.clock.now() < times[-1] + timedelta(seconds=seconds)


async def test_what_is_counted_and_not_stored_is_not_lost(api: Api) -> None:
    ada = await api.hexagon.user(credits=5)
    await api.client_of(ada).post("/predictions", json=TEXT)
    api.hexagon.memory.away = True
    with pytest.raises(Exception, match="away"):
        await api.hexagon.keep_figures(WORKER)
    api.hexagon.memory.away = False

    await api.hexagon.keep_figures(WORKER)
    await api.hexagon.keep_figures(WORKER)

    seen = (await (await api.admin()).get("/admin/overview")).json()
    assert sum(each["accepted"] for each in seen["points"]) == 1


async def test_a_process_that_ends_stores_what_it_counted_and_leaves(api: Api) -> None:
    running = asyncio.create_task(api.hexagon.keep_figures.run(ProcessRole.API))
    await asyncio.sleep(0)
    await api.client_of(await api.hexagon.user(credits=5)).post("/predictions", json=TEXT)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    seen = (await (await api.admin()).get("/admin/overview")).json()
    assert seen["points"][-1]["accepted"] == 1
    assert seen["processes"] == {}


async def test_the_books_are_checked_in_the_background(api: Api) -> None:
    admin = await api.admin()
    begun = await admin.post("/admin/ledger/checks")
    again = await admin.post("/admin/ledger/checks")

    assert (begun.status_code, begun.json()["state"]) == (202, "running")
    assert is_problem(again, 409, "check-under-way")
    task = api.hexagon.check_books._task
    assert task is not None
    await task
    [run] = (await admin.get("/admin/ledger/checks")).json()["items"]
    assert (run["state"], run["deviations"], run["lines"]) == ("finished", 0, [])
    assert run["done"] == run["total"] > 0
    assert (await admin.get("/admin/overview")).json()["books"]["checked_at"]


async def test_a_check_that_ends_with_its_process_says_so(api: Api) -> None:
    admin = await api.admin()
    waiting = asyncio.create_task(api.hexagon.check_books.until_canceled())
    await asyncio.sleep(0)
    await admin.post("/admin/ledger/checks")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    [run] = (await admin.get("/admin/ledger/checks")).json()["items"]
    assert run["state"] in ("failed", "finished")


async def test_only_administrators_see_it(api: Api) -> None:
    member = await api.member()
    assert is_problem(await member.get("/admin/overview"), 403, "not-allowed")
    assert is_problem(await member.post("/admin/ledger/checks"), 403, "not-allowed")
    assert is_problem(await (await api.admin()).get("/admin/overview?range=year"), 422, "wrong-shape")
