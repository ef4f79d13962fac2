"""The queue's promises, kept by memory and by RabbitMQ."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import aio_pika
import pytest
from typing_extensions import override

from augury.application.predictions.ports.queue import PredictionQueue, Task
from augury.bootstrap.topology import BULK, TASKS, TOPOLOGY
from augury.broker.wire import read_task
from augury.domain.identifiers import PredictionId, uuid7
from augury.domain.lane import Lane
from augury.outbound.rabbitmq.prediction_queue import RabbitPredictionQueue
from augury.outbound.rabbitmq.publisher import RabbitPublisher, RabbitSettings
from augury.outbound.system_clock import SystemClock
from tests.polling import eventually
from tests.queue_by_hand import QueueByHand
from tests.rabbitmq_server import is_connected


class Queue(Protocol):
    """A queue, with access to its consuming side."""

    port: PredictionQueue

    @abstractmethod
    async def next_task(self) -> Task | None:
        """Take the oldest task of the small lane, if there is one yet."""

    @abstractmethod
    async def next_ticket(self) -> Task | None:
        """Take the oldest ticket of the bulk lane, if there is one yet."""

    async def ticket(self) -> Task:
        task: Task = await eventually(self.next_ticket, "a ticket")
        return task


class MemoryQueue(Queue):
    def __init__(self) -> None:
        self._queue = QueueByHand(SystemClock())
        self.port = self._queue

    @override
    async def next_task(self) -> Task | None:
        return self._queue.take()

    @override
    async def next_ticket(self) -> Task | None:
        return self._queue.take_ticket()


class RabbitQueue(Queue):
    def __init__(self, port: RabbitPredictionQueue, *queues: aio_pika.abc.AbstractQueue) -> None:
        self.port = port
        self._tasks, self._bulk = queues

    @override
    async def next_task(self) -> Task | None:
        message = await self._tasks.get(fail=False, no_ack=True)
        return read_task(message.body) if message else None

    @override
    async def next_ticket(self) -> Task | None:
        message = await self._bulk.get(fail=False, no_ack=True)
        return read_task(message.body) if message else None


async def rabbit_queue(url: str) -> AsyncIterator[RabbitQueue]:
    publisher = RabbitPublisher(RabbitSettings(url=url), TOPOLOGY)
    await publisher.start()
    await eventually(lambda: is_connected(publisher), "the connection")
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        queues = [await channel.get_queue(each.name) for each in (TASKS, BULK)]
        yield RabbitQueue(RabbitPredictionQueue(publisher), *queues)
    await publisher.stop()


@pytest.fixture(params=["memory", "rabbitmq"])
async def queue(request: pytest.FixtureRequest) -> AsyncIterator[Queue]:
    if request.param == "memory":
        yield MemoryQueue()
    else:
        async for each in rabbit_queue(request.getfixturevalue("rabbitmq_url")):
            yield each


def new_ids(count: int) -> list[PredictionId]:
    return [PredictionId(uuid7()) for _ in range(count)]


async def take(queue: Queue, count: int) -> list[Task]:
    """Take tasks that name `count` predictions in all."""
    tasks: list[Task] = []
    while sum(len(task.prediction_ids) for task in tasks) < count:
        tasks.append(await eventually(queue.next_task, "a task"))
    return tasks


def named(tasks: Sequence[Task]) -> list[PredictionId]:
    return [each for task in tasks for each in task.prediction_ids]


async def test_what_was_put_is_handed_over_once_and_in_order(queue: Queue) -> None:
    ids = new_ids(100)
    queue.port.put(ids[:1])
    queue.port.put(ids[1:70])
    queue.port.put(ids[70:])

    tasks = await take(queue, 100)

    assert named(tasks) == ids
    assert {task.attempt for task in tasks} == {1}
    assert await queue.next_task() is None


async def test_a_first_attempt_shares_its_task_with_127_others_at_most(queue: Queue) -> None:
    queue.port.put(new_ids(300))

    tasks = await take(queue, 300)

    assert [len(task.prediction_ids) for task in tasks] == [128, 128, 44]


async def test_a_later_attempt_has_a_task_of_its_own(queue: Queue) -> None:
    ids = new_ids(5)
    queue.port.put(ids[:1])
    queue.port.put(ids[1:4], attempt=2)
    queue.port.put(ids[4:])

    tasks = await take(queue, 5)

    assert [(list(task.prediction_ids), task.attempt) for task in tasks] == [
        (ids[:1], 1),
        (ids[1:2], 2),
        (ids[2:3], 2),
        (ids[3:4], 2),
        (ids[4:], 1),
    ]


async def test_tickets_of_the_bulk_lane_wait_apart_one_for_each_prediction(queue: Queue) -> None:
    small, bulk = new_ids(2), new_ids(3)
    assert not await queue.port.has_tickets()
    queue.port.put(small[:1])
    queue.port.put(bulk, lane=Lane.BULK)
    queue.port.put(small[1:])

    await eventually(queue.port.has_tickets, "the tickets")
    assert named(await take(queue, 2)) == small
    assert await queue.next_task() is None
    assert [list((await queue.ticket()).prediction_ids) for _ in bulk] == [[each] for each in bulk]
    assert not await queue.port.has_tickets()


async def test_the_small_lane_is_empty_whatever_waits_in_the_other(queue: Queue) -> None:
    queue.port.put(new_ids(1), lane=Lane.BULK)
    await eventually(queue.port.has_tickets, "the ticket")

    passed = await queue.port.passed()

    assert passed is not None
    assert passed > datetime.now(UTC) - timedelta(seconds=1)


async def test_to_put_nothing_is_nothing(queue: Queue) -> None:
    [last] = new_ids(1)
    queue.port.put([])
    queue.port.put([last])

    assert named(await take(queue, 1)) == [last]


async def test_an_empty_queue_has_passed_everything_that_was_put(queue: Queue) -> None:
    queue.port.put(new_ids(1))
    await take(queue, 1)
    before = datetime.now(UTC)

    async def passed() -> bool:
        answer = await queue.port.passed()
        return answer is not None and answer >= before

    await eventually(passed, "the queue passing everything")


async def test_what_still_waits_has_not_been_passed(queue: Queue) -> None:
    before = datetime.now(UTC)
    ids = new_ids(140)
    queue.port.put(ids)
    after = datetime.now(UTC)
    [first] = await take(queue, 128)
    queue.port.saw(before)

    async def passed_nothing_that_waits() -> bool:
        passed = await queue.port.passed()
        return passed is not None and passed <= after

    await eventually(passed_nothing_that_waits, "an answer")
    assert named([first, *await take(queue, 12)]) == ids
