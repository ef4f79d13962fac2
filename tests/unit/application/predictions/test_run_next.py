import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.ports import Json, Unavailable
from augury.application.predictions import lease
from augury.application.predictions.ports.queue import NO_COSTS, NO_TRACES, Costs, Traces
from augury.application.predictions.ports.work import Claimed
from augury.application.predictions.requests import Decision, Replayed, Request
from augury.application.predictions.sweep import Swept
from augury.domain.balance import Balance, NotEnoughCredits
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Lane
from augury.domain.prediction import Prediction, Status
from augury.domain.speed import Speed
from augury.outbound.memory.queue import MemoryPredictionQueue
from augury.outbound.memory.work import MemoryWork
from tests.hexagon import Hexagon, over

ROW = {"text": "hi"}
FEW = Limits(small_rows=2, fair_pending=3, slice_rows=10, slice_bytes=1_000)


@pytest.fixture
def hexagon() -> Hexagon:
    return Hexagon(FEW)


async def request(hexagon: Hexagon, user_id: UserId, rows: int = 1) -> Prediction:
    return await hexagon.request_prediction(user_id, [ROW] * rows)


def small_ids(hexagon: Hexagon) -> list[UUID]:
    tasks = []
    while task := hexagon.queue.take():
        tasks.append(task)
    return [each for task in tasks for each in task.prediction_ids]


def ticket_ids(hexagon: Hexagon) -> list[list[UUID]]:
    tickets: list[list[UUID]] = []
    while ticket := hexagon.queue.take_ticket():
        tickets.append(list(ticket.prediction_ids))
    return tickets


async def test_large_work_and_what_is_beyond_a_fair_share_go_to_the_bulk_lane(hexagon: Hexagon) -> None:
    user, other = await hexagon.user(credits=100), await hexagon.user(credits=1)
    small = [await request(hexagon, user.id), await request(hexagon, user.id, rows=2)]
    many_rows = await request(hexagon, user.id, rows=3)
    beyond = await request(hexagon, user.id)
    of_another = await request(hexagon, other.id)

    assert small_ids(hexagon) == [each.id for each in (*small, of_another)]
    assert ticket_ids(hexagon) == [[many_rows.id], [beyond.id]]
    waiting = await hexagon.bulk_lane.waiting(most_users=9)
    assert [(each.user_id, each.waiting, each.cost) for each in waiting.by_user] == [(user.id, 2, 4)]


class LanesUsed(MemoryPredictionQueue):
    """Records each time that a prediction is put on a lane."""

    def __init__(self, hexagon: Hexagon) -> None:
        super().__init__(hexagon.clock)
        self.lanes: list[Lane] = []

    @override
    def put(
        self,
        ids: Sequence[PredictionId],
        *,
        attempt: int = 1,
        traces: Traces = NO_TRACES,
        lane: Lane = Lane.SMALL,
        costs: Costs = NO_COSTS,
    ) -> None:
        self.lanes.append(lane)
        super().put(ids, attempt=attempt, traces=traces, lane=lane, costs=costs)


async def test_a_lane_for_which_there_is_nothing_is_left_alone(hexagon: Hexagon) -> None:
    user, queue = await hexagon.user(credits=4), LanesUsed(hexagon)
    submit = replace(hexagon.request_predictions, queue=queue)
    model = await hexagon.models.get("tone")

    def of(rows: int) -> Request:
        data = [ROW] * rows
        return Request.of(user_id=user.id, model=model, data=data, input=Json(b"[]"), limits=hexagon.limits)

    await submit([of(rows=1)])
    assert queue.lanes == [Lane.SMALL]
    [refusal] = await submit([of(rows=5)])
    assert isinstance(refusal, NotEnoughCredits)
    assert queue.lanes == [Lane.SMALL]
    await submit([of(rows=3)])
    assert queue.lanes == [Lane.SMALL, Lane.BULK]


async def test_many_bytes_are_large_too_and_cost_as_the_rows_that_would_fill_as_much(
    hexagon: Hexagon,
) -> None:
    hexagon = Hexagon(replace(FEW, small_bytes=500))
    user = await hexagon.user(credits=1)

    await hexagon.request_prediction(user.id, [{"text": "x" * 2_000}])

    [waiting] = (await hexagon.bulk_lane.waiting(most_users=9)).by_user
    assert waiting.cost == 21  # 2,0xx bytes, where 1,000 are a slice of 10 rows


async def test_the_work_of_a_slow_model_goes_to_the_bulk_lane_and_costs_more_but_no_more_credits() -> None:
    hexagon = Hexagon()
    user, key = await hexagon.user(credits=100), IdempotencyKey("again", b"same")
    model = await hexagon.models.get("tone")

    async def submitted(rows: int, key: IdempotencyKey | None = None) -> Decision:
        asked = hexagon.request(user.id, [ROW] * rows, model=await hexagon.models.get("tone"))
        [answer] = await hexagon.request_predictions([replace(asked, key=key)])
        return answer

    fast = await submitted(5, key)
    await hexagon.models.measured({model.ref: Speed.of_call(2_000, 10.0)})  # 5 ms a row
    again = await submitted(5, key)
    slow = await submitted(5)

    assert isinstance(fast, Prediction)
    assert isinstance(slow, Prediction)
    assert again == Replayed(fast.id)
    assert slow.price == fast.price
    assert small_ids(hexagon) == [fast.id]
    assert ticket_ids(hexagon) == [[slow.id]]
    [waiting] = (await hexagon.bulk_lane.waiting(most_users=9)).by_user
    assert waiting.cost == 500  # as 500 rows of a fast model


async def test_each_turn_runs_up_to_a_slice_of_one_user_and_settles_it(hexagon: Hexagon) -> None:
    users = [await hexagon.user(credits=12) for _ in range(2)]
    for user in users:
        for _ in range(3):
            await request(hexagon, user.id, rows=4)

    ran = [len(await hexagon.run_next()) for _ in range(5)]

    assert ran == [2, 2, 1, 1, 0]
    for user in users:
        assert await hexagon.balance_of(user.id) == Balance(user.id)
    assert [each.status for each in hexagon.told] == [Status.SUCCEEDED] * 6
    assert await hexagon.balanced()


async def test_tickets_that_were_lost_are_replaced_once_none_is_left(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=9)
    predictions = [await request(hexagon, user.id, rows=3) for _ in range(3)]
    hexagon.clock.advance(timedelta(hours=1))

    assert hexagon.queue.take_ticket()
    assert await hexagon.sweep() == Swept()
    assert len(ticket_ids(hexagon)) == 2
    assert await hexagon.sweep() == Swept(lost=3)
    assert await hexagon.sweep() == Swept()
    assert sorted(ticket_ids(hexagon)) == [[each.id] for each in predictions]

    await hexagon.run_next()
    assert await hexagon.sweep() == Swept()


async def test_what_a_dead_worker_left_of_the_bulk_lane_is_run_again_alone(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=3)
    prediction = await request(hexagon, user.id, rows=3)
    ticket_ids(hexagon)
    await hexagon.work.pick(token=UUID(int=1), lease=timedelta(minutes=1), most=1, most_cost=10)
    hexagon.clock.advance(timedelta(minutes=2))

    assert await hexagon.sweep() == Swept(requeued=1)

    again = hexagon.queue.take()
    assert again
    assert (list(again.prediction_ids), again.attempt) == ([prediction.id], 2)
    await hexagon.run_predictions(again.prediction_ids, retries=True)
    assert (await hexagon.prediction(prediction)).prediction.status is Status.SUCCEEDED


@dataclass(frozen=True, slots=True)
class LosesTheAnswer(MemoryWork):
    """Records a pick, but the connection breaks before its answer. Then it is away for a while."""

    outage: list[None] = field(default_factory=lambda: [None] * 3)

    @override
    async def pick(
        self, *, token: UUID, lease: timedelta, most: int, most_cost: int, short: bool = False
    ) -> Sequence[Claimed]:
        await MemoryWork.pick(self, token=token, lease=lease, most=most, most_cost=most_cost, short=short)
        raise Unavailable("the connection broke")

    @override
    async def run_of(self, token: UUID) -> Sequence[PredictionId]:
        if self.outage:
            self.outage.pop()
            raise Unavailable("still away")
        return await MemoryWork.run_of(self, token)


async def test_a_pick_whose_answer_was_lost_in_an_outage_costs_no_attempt(
    hexagon: Hexagon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(lease, "LAST_PAUSE", 0.001)
    user = await hexagon.user(credits=3)
    prediction = await request(hexagon, user.id, rows=3)

    run_next = over(hexagon.run_next, work=LosesTheAnswer(hexagon.memory))
    with pytest.raises(Unavailable):
        await run_next()
    await asyncio.gather(*run_next.handing_back)

    stored = (await hexagon.prediction(prediction)).prediction
    assert (stored.status, stored.attempts) == (Status.QUEUED, 0)
    assert await hexagon.run_next() == [prediction.id]


@dataclass(frozen=True, slots=True)
class SlowToPick(MemoryWork):
    """Returns from a pick when a test lets it."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    picked: asyncio.Event = field(default_factory=asyncio.Event)

    @override
    async def pick(
        self, *, token: UUID, lease: timedelta, most: int, most_cost: int, short: bool = False
    ) -> Sequence[Claimed]:
        claimed = await MemoryWork.pick(
            self, token=token, lease=lease, most=most, most_cost=most_cost, short=short
        )
        self.picked.set()
        await self.gate.wait()
        return claimed


async def test_what_a_canceled_pick_had_begun_is_handed_back(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=3)
    prediction = await request(hexagon, user.id, rows=3)
    work = SlowToPick(hexagon.memory)
    running = asyncio.create_task(over(hexagon.run_next, work=work)())
    await work.picked.wait()

    running.cancel()
    await asyncio.sleep(0)
    work.gate.set()

    with pytest.raises(asyncio.CancelledError):
        await running
    stored = (await hexagon.prediction(prediction)).prediction
    assert (stored.status, stored.attempts) == (Status.QUEUED, 0)
    assert await hexagon.run_next()
