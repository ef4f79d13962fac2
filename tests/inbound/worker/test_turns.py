"""In the bulk lane, nothing waits behind more than one slice: turns are counted, not seconds."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Any

import pytest
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.predictions.execution import Untimed
from augury.application.predictions.ports.predictor import Outcome, Question, Turn
from augury.application.predictions.ports.queue import Task
from augury.application.predictions.run_next import RunNext
from augury.application.predictions.take_over import TakeOver
from augury.domain.identifiers import PredictionId
from augury.domain.lane import Lane
from augury.domain.model import Model
from augury.domain.prediction import Prediction, Status
from augury.inbound.worker.bulk_loop import MOST_BEGUN
from augury.inbound.worker.runner import TaskRunner, WorkerSettings
from augury.outbound.memory.predictor import MemoryPredictor
from tests.hexagon import Hexagon, over
from tests.polling import eventually

SLICE = 10
"""Rows."""
LIMITS = Limits(small_rows=2, slice_rows=SLICE)


class InSlices(MemoryPredictor):
    """Answers slice by slice, and records whose slices had their turn."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[int] = []
        """For each slice, the rows of its whole prediction, which tell the predictions apart."""
        self.asked_before: dict[int, Any] = {}
        """What happens before a turn of this number."""

    @override
    async def predict(
        self, model: Model, questions: Sequence[Question], turn: Turn = nullcontext, lane: Lane = Lane.SMALL
    ) -> Sequence[Outcome]:
        for question in questions:
            for _ in range(0, question.rows, SLICE):
                async with turn():
                    if act := self.asked_before.pop(len(self.turns), None):
                        await act()
                    self.turns.append(question.rows)
                    await asyncio.sleep(0)
        return await super().predict(model, questions, lane=lane)


@pytest.fixture
def hexagon() -> Hexagon:
    return Hexagon(LIMITS)


@pytest.fixture
def predictor() -> InSlices:
    return InSlices()


@pytest.fixture
async def worker(hexagon: Hexagon, predictor: InSlices) -> AsyncIterator[TaskRunner]:
    run_predictions = over(hexagon.run_predictions, predictor=predictor)
    settings = WorkerSettings(grace=timedelta(milliseconds=50), retry_pause=timedelta(milliseconds=1))
    runner = TaskRunner(
        run_predictions,
        RunNext(execution=run_predictions.execution),
        hexagon.use_case(TakeOver),
        settings,
        on_fatal=pytest.fail,
    )
    yield runner
    await runner.stop()


async def sent(hexagon: Hexagon, rows: int) -> Prediction:
    user = await hexagon.user(credits=rows)
    return await hexagon.request_prediction(user.id, [{"text": "hi"}] * rows)


async def status_of(hexagon: Hexagon, prediction: Prediction) -> Status:
    return (await hexagon.prediction(prediction)).prediction.status


def a_ticket(hexagon: Hexagon) -> Task:
    ticket = hexagon.queue.take_ticket()
    assert ticket
    return ticket


async def all_settled(hexagon: Hexagon, *predictions: Prediction) -> None:
    async def settled() -> bool:
        return {await status_of(hexagon, each) for each in predictions} == {Status.SUCCEEDED}

    await eventually(settled)
    assert await hexagon.balanced()


async def test_work_of_a_slice_waits_behind_one_slice_of_a_long_prediction(
    hexagon: Hexagon, predictor: InSlices, worker: TaskRunner
) -> None:
    """Although the worker holds the ticket of the long one only."""
    long, others = await sent(hexagon, 200), list[Prediction]()

    async def others_come() -> None:
        others.append(await sent(hexagon, 9))
        others.append(await sent(hexagon, 8))

    predictor.asked_before = {5: others_come}
    await worker.handle_ticket(a_ticket(hexagon))

    # They come during the sixth slice, and each waits for one slice of the long prediction at most.
    assert predictor.turns[:9] == [200] * 6 + [9, 200, 8]
    assert predictor.turns.count(200) == 20
    await all_settled(hexagon, long, *others)


async def test_long_predictions_take_turns_and_at_most_some_are_begun(
    hexagon: Hexagon, predictor: InSlices, worker: TaskRunner
) -> None:
    long = [await sent(hexagon, 50 + number) for number in range(MOST_BEGUN + 2)]

    await worker.handle_ticket(a_ticket(hexagon))
    short = await sent(hexagon, 7)
    while ticket := hexagon.queue.take_ticket():
        await worker.handle_ticket(ticket)
    await all_settled(hexagon, *long, short)

    rows = [each.rows for each in long]
    begun_first = predictor.turns[: 2 * MOST_BEGUN + 1]
    assert set(begun_first) == set(rows[:MOST_BEGUN])
    assert max(map(begun_first.count, rows)) <= MOST_BEGUN
    until_the_first_ends = predictor.turns[: _last(predictor.turns, rows[0])]
    assert not {*rows[MOST_BEGUN:]} & {*until_the_first_ends}


async def test_work_of_a_slice_goes_on_while_as_many_long_ones_are_begun_as_may_be(
    hexagon: Hexagon, predictor: InSlices, worker: TaskRunner
) -> None:
    for number in range(MOST_BEGUN + 1):
        await sent(hexagon, 100 + number)
    short = list[Prediction]()

    async def short_comes() -> None:
        short.append(await sent(hexagon, 7))

    predictor.asked_before = {20: short_comes}
    await worker.handle_ticket(a_ticket(hexagon))
    await all_settled(hexagon, *short)

    assert 7 in predictor.turns[21:23]


async def test_a_later_attempt_lets_others_run_to_their_end_between_its_slices(
    hexagon: Hexagon, predictor: InSlices, worker: TaskRunner
) -> None:
    """So it takes nothing along if it ends the process: no other prediction is half done at its turn."""
    long, other_long = await sent(hexagon, 40), await sent(hexagon, 50)
    small, bulk = await sent(hexagon, 1), await sent(hexagon, 8)
    running = list[asyncio.Task[None]]()

    async def others_come() -> None:
        running.append(asyncio.create_task(worker.handle(Task([small.id]))))
        running.append(asyncio.create_task(worker.handle_ticket(a_ticket(hexagon))))
        await asyncio.sleep(0)

    predictor.asked_before = {0: others_come}
    hexagon.queue.take_ticket()
    await worker.handle(Task([PredictionId(long.id)], attempt=2))
    await asyncio.gather(*running)

    assert sorted(predictor.turns[1:3]) == [1, 8]
    assert [each for each in predictor.turns if each in (40, 50)] == [40] * 4 + [50] * 5
    await all_settled(hexagon, long, other_long, small, bulk)


async def test_a_worker_that_stops_hands_back_all_that_it_has_begun(
    hexagon: Hexagon, predictor: InSlices, worker: TaskRunner
) -> None:
    long = [await sent(hexagon, 50 + number) for number in range(2)]
    reached, never = asyncio.Event(), asyncio.Event()

    async def stuck() -> None:
        reached.set()
        await never.wait()

    predictor.asked_before = {4: stuck}
    running = asyncio.create_task(worker.handle_ticket(a_ticket(hexagon)))
    await reached.wait()

    await worker.stop()
    await asyncio.gather(running, return_exceptions=True)

    for each in long:
        stored = (await hexagon.prediction(each)).prediction
        assert (stored.status, stored.attempts) == (Status.QUEUED, 0)
    assert (await hexagon.bulk_lane.waiting(most_users=9)).predictions == 2


async def test_the_turns_of_others_do_not_count_for_the_time_limit() -> None:
    others = asyncio.Event()

    @asynccontextmanager
    async def turn() -> AsyncIterator[None]:
        asyncio.get_running_loop().call_later(0.1, others.set)
        await others.wait()
        yield

    async with asyncio.timeout(0.05) as timer, Untimed(timer, turn)():
        pass

    assert timer.when() is not None
    assert not timer.expired()


def _last(turns: Sequence[int], wanted: int) -> int:
    return len(turns) - turns[::-1].index(wanted)
