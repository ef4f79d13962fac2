import asyncio
from typing import Any
from uuid import UUID

from augury.application.predictions.ports.queue import Task
from augury.domain.identifiers import UserId
from tests.hexagon import Hexagon
from tests.http_api import TEXT, Api, is_problem
from tests.polling import eventually


async def look(api: Api, limit: int = 20) -> dict[str, Any]:
    answer: dict[str, Any] = (await (await api.admin()).get(f"/admin/queue?limit={limit}")).json()
    return answer


async def kill_all(hexagon: Hexagon) -> None:
    """Deliver every task in the queue once too often, so that it becomes a dead letter."""

    async def fail(_: Task) -> None:
        raise RuntimeError("nobody can handle this")

    hexagon.queue.most_deliveries = 1
    hexagon.queue.deliver_to(fail, fail)
    waiting = hexagon.queue.ready
    running = asyncio.create_task(hexagon.queue.run())
    await eventually(lambda: len(hexagon.queue.dead) == waiting, "the death of all messages")
    await hexagon.queue.stop()
    await running


NOTHING_IN_BULK = {"lane": "bulk", "ready": 0, "waiting": 0, "oldest": None, "users": 0, "by_user": []}


async def test_an_empty_queue_is_empty(api: Api) -> None:
    assert await look(api) == {
        "ready": 0,
        "unfinished": 0,
        "dead": 0,
        "dead_letters": [],
        "lanes": [{"lane": "small", "ready": 0, "waiting": 0}, NOTHING_IN_BULK],
    }


async def test_what_waits_is_counted(api: Api) -> None:
    for _ in range(3):
        await api.client().post("/predictions", json=TEXT)

    seen = await look(api)

    assert (seen["ready"], seen["unfinished"], seen["dead"]) == (3, 3, 0)
    assert seen["lanes"] == [{"lane": "small", "ready": 3, "waiting": 3}, NOTHING_IN_BULK]


async def test_who_waits_for_how_much_in_the_bulk_lane_is_shown(api: Api) -> None:
    heavy, heavier = await api.member(credits=1_000), await api.member(credits=1_000)
    for person, rows in ((heavy, 201), (heavier, 300), (heavier, 400), (heavy, 1)):
        await person.post("/predictions", json={"data": [{"text": "hi"}] * rows})
    ids = {}
    for name, person in (("heavy", heavy), ("heavier", heavier)):
        ids[name] = (await person.get("/users/me")).json()["id"]
        await api.hexagon.bulk_lane.set_weight(UserId(UUID(ids[name])), 0.5 if name == "heavy" else 1)

    seen = await look(api)

    assert (seen["ready"], seen["unfinished"]) == (4, 4)
    small, bulk = seen["lanes"]
    assert small == {"lane": "small", "ready": 1, "waiting": 1}
    assert bulk.pop("oldest")
    assert bulk == {
        "lane": "bulk",
        "ready": 3,
        "waiting": 3,
        "users": 2,
        "by_user": [
            {"user_id": ids["heavier"], "waiting": 2, "cost": 700, "weight": 1.0},
            {"user_id": ids["heavy"], "waiting": 1, "cost": 201, "weight": 0.5},
        ],
    }


async def test_what_could_not_be_handled_is_shown_and_replayed(api: Api) -> None:
    made = [(await api.client().post("/predictions", json=TEXT)).json() for _ in range(3)]
    await kill_all(api.hexagon)

    seen = await look(api, limit=2)
    assert (seen["ready"], seen["unfinished"], seen["dead"]) == (0, 3, 3)
    assert len(seen["dead_letters"]) == 2
    [first, _] = seen["dead_letters"]
    assert first["reason"] == "delivery_limit"
    assert made[0]["id"] in first["body"]
    assert first["size"] >= len(first["body"])

    admin = await api.admin()
    assert (await admin.post("/admin/queue/replay?limit=2")).json() == {"replayed": 2}
    assert (await admin.post("/admin/queue/replay")).json() == {"replayed": 1}
    assert (await admin.post("/admin/queue/replay")).json() == {"replayed": 0}
    await api.hexagon.run_all()

    for each in made:
        assert (await api.client().get(each["urls"]["self"])).json()["status"] == "succeeded"
    assert await api.hexagon.balanced()


async def test_replaying_what_is_final_already_charges_nobody_again(api: Api) -> None:
    member = await api.member(credits=5)
    await member.post("/predictions", json=TEXT)
    await kill_all(api.hexagon)
    await api.hexagon.run_predictions(list(api.hexagon.memory.state.predictions))

    await (await api.admin()).post("/admin/queue/replay")
    await api.hexagon.run_all()

    assert (await member.get("/balance")).json() == {"available": 4, "held": 0}
    assert await api.hexagon.balanced()


async def test_limits_out_of_bounds_are_refused(api: Api) -> None:
    admin = await api.admin()

    for limit in ("0", "-1", "10001", "x", ""):
        assert is_problem(await admin.post(f"/admin/queue/replay?limit={limit}"), 422, "wrong-shape")
    assert is_problem(await admin.get("/admin/queue?limit=101"), 422, "wrong-shape")
