"""The loop of the bulk lane: what is done at the same time, and what becomes of tickets."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence

import pytest

from augury.application.ports import Unavailable
from augury.application.predictions.ports.predictor import Turn
from augury.domain.identifiers import PredictionId, uuid7
from augury.inbound.worker.bulk_loop import MOST_BEGUN, BulkLoop
from tests.polling import eventually


class Lane:
    """Work that waits: for each, how many slices it has. Records what is done with it."""

    def __init__(self) -> None:
        self.waiting: deque[int] = deque()
        self.looks = 0
        self.predicted: list[int] = []
        """The slices of the whole work, once for each slice."""
        self.predicting = self.most_predicting = 0
        self.settling: list[int] = []
        self.begins, self.settle = asyncio.Event(), asyncio.Event()
        self.settle.set()
        self.is_away = False

    async def run(self, turn: Turn, short: bool) -> Sequence[PredictionId]:
        self.looks += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise Unavailable("the books are away")
        if not self.waiting or (short and self.waiting[0] > 1):
            return ()
        slices = self.waiting.popleft()
        for _ in range(slices):
            async with turn():
                self.begins.set()
                self.predicting += 1
                self.most_predicting = max(self.predicting, self.most_predicting)
                await asyncio.sleep(0.001)
                self.predicted.append(slices)
                self.predicting -= 1
        self.settling.append(slices)
        await self.settle.wait()
        self.settling.remove(slices)
        return [PredictionId(uuid7())]


@pytest.fixture
def lane() -> Lane:
    return Lane()


@pytest.fixture
async def loop(lane: Lane) -> AsyncIterator[BulkLoop]:
    loop = BulkLoop(lane.run)
    yield loop
    await loop.stop()


async def test_work_is_settled_while_the_next_is_predicted_and_a_bounded_part_of_it(
    lane: Lane, loop: BulkLoop
) -> None:
    lane.waiting.extend([1] * 9)
    lane.settle.clear()
    ticket = asyncio.create_task(loop.serve())

    await eventually(lambda: len(lane.settling) == MOST_BEGUN + 1)
    await asyncio.sleep(0.02)
    assert (len(lane.settling), len(lane.predicted), ticket.done()) == (MOST_BEGUN + 1, MOST_BEGUN + 1, False)
    lane.settle.set()

    assert await ticket
    await eventually(lambda: len(lane.predicted) == 9)
    assert lane.most_predicting == 1


async def test_each_ticket_is_held_until_one_work_is_settled_and_none_is_left_over(
    lane: Lane, loop: BulkLoop
) -> None:
    """The queue has one ticket for each work, and hands the worker one at a time."""
    count = 200
    lane.waiting.extend([1] * count)
    for number in range(count):
        await loop.serve()
        assert len(lane.predicted) > number

    assert len(lane.predicted) == count
    assert lane.looks <= count + 5


async def test_work_that_comes_with_a_ticket_is_found_whatever_the_ticket_is_counted_for(
    lane: Lane, loop: BulkLoop
) -> None:
    lane.waiting.extend([1, 1])
    lane.settle.clear()
    first = asyncio.create_task(loop.serve())
    await eventually(lambda: lane.settling == [1, 1] and lane.looks == 3)

    lane.waiting.append(2)
    second = asyncio.create_task(loop.serve())  # it counts for the second work, which has no ticket yet
    await eventually(lambda: lane.predicted == [1, 1, 2, 2])
    lane.settle.set()
    await asyncio.gather(first, second)


async def test_nothing_runs_beside_what_must_run_alone_and_what_came_meanwhile_runs_then(
    lane: Lane, loop: BulkLoop
) -> None:
    lane.waiting.extend([3])
    first = asyncio.create_task(loop.serve())
    await lane.begins.wait()

    async with loop.closed():
        assert (lane.predicted, first.done()) == ([3, 3, 3], True)
        lane.waiting.extend([2])
        second = asyncio.create_task(loop.serve())
        await asyncio.sleep(0.01)
        assert lane.predicted == [3, 3, 3]
    await second

    assert lane.predicted == [3, 3, 3, 2, 2]


async def test_a_ticket_waits_for_long_work_while_only_short_work_may_begin(
    lane: Lane, loop: BulkLoop
) -> None:
    lane.waiting.extend([1, 2])
    async with loop.only_short():
        ticket = asyncio.create_task(loop.serve())
        await eventually(lambda: lane.predicted == [1])
        await asyncio.sleep(0.01)
        assert not ticket.done()
        assert lane.looks <= 3
    await ticket

    assert lane.predicted == [1, 2, 2]


async def test_a_ticket_is_given_back_while_the_books_are_away(lane: Lane, loop: BulkLoop) -> None:
    lane.waiting.append(1)
    lane.is_away = True
    tickets = await asyncio.gather(loop.serve(), loop.serve(), return_exceptions=True)
    assert [type(each) for each in tickets] == [Unavailable] * 2
    looks = lane.looks
    await asyncio.sleep(0.01)
    assert lane.looks == looks

    lane.is_away = False
    assert await loop.serve()
