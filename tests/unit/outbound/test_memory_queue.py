import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from augury.application.predictions.ports.queue import Task
from augury.broker.wire import IDS
from augury.domain.identifiers import PredictionId, uuid7
from tests.hexagon import SettableClock
from tests.polling import eventually
from tests.queue_by_hand import QueueByHand


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def queue(clock: SettableClock) -> QueueByHand:
    made = QueueByHand(clock)
    made.pause = timedelta(milliseconds=1)
    return made


def ids(how_many: int) -> list[PredictionId]:
    return [PredictionId(uuid7()) for _ in range(how_many)]


class Consumer:
    """Holds each task until a test releases it."""

    def __init__(self) -> None:
        self.in_hand: dict[PredictionId, asyncio.Event] = {}
        self.seen: list[Task] = []
        self.done: list[Task] = []
        self.canceled: list[Task] = []
        self.failures = 0

    async def __call__(self, task: Task) -> None:
        self.seen.append(task)
        gate = self.in_hand[task.prediction_ids[0]] = asyncio.Event()
        try:
            await gate.wait()
        except asyncio.CancelledError:
            self.canceled.append(task)
            raise
        finally:
            del self.in_hand[task.prediction_ids[0]]
        if self.failures:
            self.failures -= 1
            raise ConnectionError("away")
        self.done.append(task)

    async def holds(self, how_many: int) -> None:
        await eventually(lambda: len(self.in_hand) == how_many, f"{how_many} tasks in hand")

    async def sees(self, how_many: int) -> None:
        await eventually(lambda: len(self.seen) == how_many, f"delivery {how_many}")

    async def has_done(self, how_many: int) -> None:
        await eventually(lambda: len(self.done) == how_many, f"{how_many} tasks done")

    def let_go(self) -> None:
        for gate in self.in_hand.values():
            gate.set()


@asynccontextmanager
async def running(queue: QueueByHand, consumer: Consumer) -> AsyncIterator[asyncio.Task[None]]:
    queue.deliver_to(consumer, consumer)
    run = asyncio.create_task(queue.run())
    yield run
    await queue.stop()
    await asyncio.wait([run], timeout=30)
    assert run.done()


def test_predictions_are_put_together_in_tasks_and_taken_in_order(queue: QueueByHand) -> None:
    mine = ids(IDS + 1)
    queue.put(mine)
    queue.put(mine[:1])
    queue.put([])

    assert queue.take() == Task(tuple(mine[:IDS]))
    assert queue.take() == Task(tuple(mine[IDS:]))
    assert queue.take() == Task(tuple(mine[:1]))
    assert queue.take() is None


def test_later_attempts_are_put_one_by_one(queue: QueueByHand) -> None:
    mine = ids(2)
    queue.put(mine, attempt=2)

    assert [queue.take(), queue.take()] == [Task((each,), attempt=2) for each in mine]


def test_what_is_beyond_the_bound_is_dropped_until_there_is_room(queue: QueueByHand) -> None:
    queue.most_ids = 3
    mine = ids(5)
    queue.put(mine[:2])
    queue.put(mine[2:])
    queue.put(mine[4:])

    assert [queue.take(), queue.take()] == [Task(tuple(mine[:2])), Task((mine[2],))]
    assert queue.take() is None
    queue.put(mine[4:])
    assert queue.take() == Task((mine[4],))


async def test_it_has_passed_everything_while_it_is_empty(queue: QueueByHand, clock: SettableClock) -> None:
    assert await queue.passed() == clock.now()
    clock.advance(timedelta(hours=1))
    queue.saw(clock.now() - timedelta(days=1))
    assert await queue.passed() == clock.now()


async def test_it_has_passed_what_was_put_before_the_oldest_that_waits(
    queue: QueueByHand, clock: SettableClock
) -> None:
    first = clock.now()
    queue.put(ids(1))
    clock.advance(timedelta(minutes=1))
    second = clock.now()
    queue.put(ids(1))
    clock.advance(timedelta(minutes=1))

    assert await queue.passed() == first
    queue.take()
    assert await queue.passed() == second
    queue.take()
    assert await queue.passed() == clock.now()


async def test_what_is_in_hand_has_not_passed_yet(queue: QueueByHand, clock: SettableClock) -> None:
    consumer = Consumer()
    put_at = clock.now()
    queue.put(ids(1))
    async with running(queue, consumer):
        await consumer.holds(1)
        clock.advance(timedelta(minutes=1))
        assert await queue.passed() == put_at

        consumer.let_go()
        await consumer.has_done(1)
        assert await queue.passed() == clock.now()


async def test_many_tasks_are_in_hand_at_once_but_no_more_than_the_prefetch(
    queue: QueueByHand,
) -> None:
    queue.prefetch = 3
    consumer = Consumer()
    mine = ids(5)
    for each in mine:
        queue.put([each])
    async with running(queue, consumer):
        await consumer.holds(3)
        assert [task.prediction_ids[0] for task in consumer.seen] == mine[:3]

        consumer.let_go()
        await consumer.holds(2)
        consumer.let_go()
        await consumer.has_done(5)
    assert sorted(task.prediction_ids[0] for task in consumer.done) == sorted(mine)


async def test_what_is_put_while_it_runs_is_handed_out(queue: QueueByHand) -> None:
    consumer = Consumer()
    async with running(queue, consumer):
        for number in (1, 2):
            queue.put(ids(1))
            await consumer.holds(1)
            consumer.let_go()
            await consumer.has_done(number)


async def test_a_task_that_could_not_be_handled_is_delivered_again(queue: QueueByHand) -> None:
    consumer = Consumer()
    consumer.failures = 2
    [mine] = ids(1)
    queue.put([mine], attempt=2)
    async with running(queue, consumer):
        for number in (1, 2, 3):
            await consumer.sees(number)
            consumer.let_go()
        await consumer.has_done(1)
    assert consumer.seen == [Task((mine,), attempt=2)] * 3
    assert consumer.done == [Task((mine,), attempt=2)]


async def test_at_the_stop_nothing_more_is_handed_out_and_what_is_in_hand_is_canceled(
    queue: QueueByHand,
) -> None:
    queue.prefetch = 1
    consumer = Consumer()
    queue.put(ids(1))
    queue.put(ids(1), attempt=2)
    async with running(queue, consumer) as run:
        await consumer.holds(1)

        await queue.stop()

        await asyncio.wait([run], timeout=30)
        assert not run.cancelled()
        assert run.exception() is None
    assert (len(consumer.canceled), len(consumer.seen), consumer.in_hand) == (1, 1, {})


async def test_what_ends_within_the_grace_is_not_canceled(queue: QueueByHand) -> None:
    consumer = Consumer()
    queue.put(ids(1))
    async with running(queue, consumer):
        await consumer.holds(1)
        stop = asyncio.create_task(queue.stop(timedelta(seconds=30)))
        await asyncio.sleep(0)
        consumer.let_go()
        await asyncio.wait([stop], timeout=30)
    assert (len(consumer.done), consumer.canceled) == (1, [])


async def test_canceling_it_cancels_what_is_in_hand(queue: QueueByHand) -> None:
    consumer = Consumer()
    queue.put(ids(1))
    async with running(queue, consumer) as run:
        await consumer.holds(1)
        run.cancel()
        await asyncio.wait([run], timeout=30)
        assert run.cancelled()
        assert len(consumer.canceled) == 1


async def test_it_does_not_run_while_nobody_handles_its_tasks(queue: QueueByHand) -> None:
    with pytest.raises(RuntimeError):
        await queue.run()


async def test_stopping_what_does_not_run_is_fine(queue: QueueByHand) -> None:
    queue.put(ids(1))

    await queue.stop()

    assert queue.take() is not None
