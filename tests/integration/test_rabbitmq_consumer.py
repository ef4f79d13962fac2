"""The worker's side of the queue on a real broker; the books are in memory."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import aio_pika
import pytest
from faststream.rabbit import RabbitBroker
from typing_extensions import override

from augury.application.ports import Unavailable
from augury.application.predictions.execution import Execution
from augury.application.predictions.ports.queue import PredictionQueue
from augury.application.predictions.ports.work import Claimed, ClaimTerms
from augury.application.predictions.repairs import Repairs
from augury.application.predictions.run_next import RunNext
from augury.application.predictions.run_predictions import RunPredictions
from augury.application.predictions.take_over import TakeOver
from augury.bootstrap.topology import BULK, DEAD, TASKS, TOPOLOGY
from augury.domain.identifiers import PredictionId
from augury.domain.prediction import Prediction, Status
from augury.inbound.worker.consumer import create_consumer
from augury.inbound.worker.runner import TaskRunner, WorkerSettings
from augury.inbound.worker.task_consumer import TaskConsumer
from augury.outbound.memory.batches import MemoryBatches
from augury.outbound.memory.books import MemoryOpenBooks
from augury.outbound.memory.work import MemoryWork
from augury.outbound.rabbitmq.prediction_queue import RabbitPredictionQueue
from augury.outbound.rabbitmq.publisher import RabbitPublisher, RabbitSettings
from tests.gated_predictor import GatedPredictor
from tests.hexagon import Hexagon, over
from tests.polling import eventually
from tests.processes import free_ports
from tests.rabbitmq_server import RabbitServer, is_connected

OFTEN = timedelta(milliseconds=50)
SETTINGS = WorkerSettings(retry_pause=OFTEN)


@pytest.fixture
def predictor() -> GatedPredictor:
    return GatedPredictor()


@pytest.fixture
def run_predictions(hexagon: Hexagon, predictor: GatedPredictor) -> RunPredictions:
    return over(hexagon.run_predictions, predictor=predictor)


@pytest.fixture
async def publisher(rabbitmq_url: str) -> AsyncIterator[RabbitPublisher]:
    publisher = RabbitPublisher(RabbitSettings(url=rabbitmq_url), TOPOLOGY)
    await publisher.start()
    await eventually(lambda: is_connected(publisher), "the connection")
    yield publisher
    await publisher.stop()


@dataclass
class Worker:
    broker: RabbitBroker
    runner: TaskRunner
    consumer: TaskConsumer


def taking_over(execution: Execution, queue: PredictionQueue) -> TakeOver:
    batches = execution.batches
    assert isinstance(batches, MemoryBatches)
    repairs = Repairs(
        batches=batches,
        queue=queue,
        events=execution.events,
        counters=execution.counters,
    )
    return TakeOver(
        work=execution.work, books=MemoryOpenBooks(batches.memory), repairs=repairs, clock=execution.clock
    )


@asynccontextmanager
async def working(
    url: str,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
    settings: WorkerSettings = SETTINGS,
    patience: timedelta = timedelta(seconds=30),
) -> AsyncIterator[Worker]:
    runner = TaskRunner(
        run_predictions,
        RunNext(execution=run_predictions.execution),
        taking_over(run_predictions.execution, RabbitPredictionQueue(publisher)),
        settings,
        on_fatal=pytest.fail,
    )
    broker = create_consumer(
        url,
        tasks=TASKS,
        bulk=BULK,
        runner=runner,
        queue=RabbitPredictionQueue(publisher),
        prefetch=settings.prefetch,
    )
    consumer = TaskConsumer({url: broker}, runner, queues=(TASKS, BULK), look_every=OFTEN, patience=patience)
    await consumer.start()
    try:
        yield Worker(broker, runner, consumer)
    finally:
        await consumer.stop()


async def accepted(hexagon: Hexagon, count: int) -> list[Prediction]:
    user = await hexagon.user(credits=count)
    answers = await hexagon.request_predictions([hexagon.request(user.id) for _ in range(count)])
    return [answer for answer in answers if isinstance(answer, Prediction)]


def ids_of(predictions: Sequence[Prediction]) -> list[PredictionId]:
    return [prediction.id for prediction in predictions]


def all_are(hexagon: Hexagon, predictions: Sequence[Prediction], status: Status) -> Callable[[], bool]:
    records = hexagon.memory
    return lambda: all(records.state.predictions[each.id].prediction.status is status for each in predictions)


@asynccontextmanager
async def channel_to(url: str) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        yield channel


def nothing_waits(publisher: RabbitPublisher) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        try:
            return await publisher.waiting() == 0
        except Unavailable:  # not connected again yet
            return False

    return holds


async def test_what_waits_is_run_in_few_batches_and_acknowledged(
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    predictions = await accepted(hexagon, 1_000)
    publisher.put(ids_of(predictions), 1)
    await eventually(publisher.waiting, "the messages")

    async with working(rabbitmq_url, run_predictions, publisher):
        await eventually(lambda: predictor.under_way > 0, "the first batch")
        await eventually(nothing_waits(publisher), "the worker taking all messages")
        predictor.gate.set()
        await eventually(all_are(hexagon, predictions, Status.SUCCEEDED), "all results")

    assert len(predictor.asked) < 10  # of 1,000 predictions in 63 messages
    assert await publisher.waiting() == 0
    assert await hexagon.balanced()


async def test_a_lone_prediction_flies_alone(
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    predictions = await accepted(hexagon, 1)
    predictor.gate.set()

    async with working(rabbitmq_url, run_predictions, publisher):
        publisher.put(ids_of(predictions), 1)
        await eventually(all_are(hexagon, predictions, Status.SUCCEEDED), "the result")


async def test_a_later_attempt_shares_its_batch_with_nobody(
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    predictions = await accepted(hexagon, 12)
    publisher.put(ids_of(predictions[:4]), 1)
    publisher.put(ids_of(predictions[4:8]), 2)
    publisher.put(ids_of(predictions[8:]), 1)
    predictor.gate.set()

    async with working(rabbitmq_url, run_predictions, publisher):
        await eventually(all_are(hexagon, predictions, Status.SUCCEEDED), "all results")

    assert predictor.asked.count(1) == 4
    assert predictor.most_under_way == 1


NOISE = [
    b"",
    b"\x00\xff\xfe",
    b"{",
    b"[]",
    b'{"prediction_ids": [], "attempt": 1}',
    b'{"prediction_ids": ["no id"], "attempt": 1}',
    b'{"prediction_ids": "0199c0de-0000-7000-8000-000000000001", "attempt": 1}',
    b"[" * 100_000,
    os.urandom(1024 * 1024),
]


async def test_what_cannot_be_read_is_dead_lettered_and_the_rest_goes_on(
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    predictions = await accepted(hexagon, 20)
    predictor.gate.set()

    async with (
        channel_to(rabbitmq_url) as channel,
        working(rabbitmq_url, run_predictions, publisher, replace(SETTINGS, prefetch=3)),
    ):
        for body in NOISE:
            message = aio_pika.Message(
                body,
                content_type="text/\x00",
                headers={"x": [1, {"y": None}]},
                timestamp=datetime.max.replace(tzinfo=UTC),
            )
            await channel.default_exchange.publish(message, TASKS.name)
        publisher.put(ids_of(predictions), 1)
        await eventually(all_are(hexagon, predictions, Status.SUCCEEDED), "all results")
        dead = await channel.get_queue(DEAD.name)
        messages = [
            await eventually(lambda: dead.get(fail=False, no_ack=True), "a dead letter") for _ in NOISE
        ]

    assert sorted(message.body for message in messages) == sorted(NOISE)
    assert await publisher.waiting() == 0


@dataclass(frozen=True, slots=True)
class WorkWithADefect(MemoryWork):
    """Fails to claim one of the predictions, with an unforeseen error."""

    defect: PredictionId | None = None

    @override
    async def claim(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        if self.defect in ids:
            raise ZeroDivisionError
        return await MemoryWork.claim(self, ids, terms)


async def test_what_cannot_be_handled_is_dead_lettered_and_the_rest_goes_on(
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    bad, *good = await accepted(hexagon, 10)
    predictor.gate.set()
    defective = over(run_predictions, work=WorkWithADefect(hexagon.memory, bad.id))

    async with channel_to(rabbitmq_url) as channel, working(rabbitmq_url, defective, publisher):
        publisher.put([bad.id], 2)
        publisher.put(ids_of(good), 1)
        await eventually(all_are(hexagon, good, Status.SUCCEEDED), "all other results")
        dead = await channel.get_queue(DEAD.name)
        message = await eventually(lambda: dead.get(fail=False, no_ack=True), "the dead letter")

    assert str(bad.id).encode() in message.body


async def test_what_comes_while_the_books_are_away_is_run_when_they_are_back(
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
    caplog: pytest.LogCaptureFixture,
) -> None:
    predictions = await accepted(hexagon, 100)
    predictor.gate.set()
    hexagon.memory.away = True

    async with channel_to(rabbitmq_url) as channel, working(rabbitmq_url, run_predictions, publisher):
        publisher.put(ids_of(predictions), 1)
        await eventually(lambda: "not handing back" in caplog.text, "trouble")
        hexagon.memory.away = False
        await eventually(all_are(hexagon, predictions, Status.SUCCEEDED), "all results")
        dead = await channel.get_queue(DEAD.name)

    assert dead.declaration_result.message_count == 0


async def test_the_consumer_comes_back_when_its_queue_was_deleted(
    rabbitmq: RabbitServer,
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    before, after = await accepted(hexagon, 2)
    predictor.gate.set()

    async with working(rabbitmq_url, run_predictions, publisher):
        publisher.put([before.id], 1)
        await eventually(all_are(hexagon, [before], Status.SUCCEEDED), "the first result")
        await asyncio.to_thread(
            rabbitmq.api, "DELETE", f"queues/{rabbitmq_url.rpartition('/')[2]}/{TASKS.name}"
        )
        publisher.put([after.id], 1)
        await eventually(all_are(hexagon, [after], Status.SUCCEEDED), "the second result")


async def test_the_consumer_comes_back_although_somebody_looks_at_the_queue_as_it_is_deleted(
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    before, after = await accepted(hexagon, 2)
    predictor.gate.set()

    async with channel_to(rabbitmq_url) as channel, working(rabbitmq_url, run_predictions, publisher):
        publisher.put([before.id], 1)
        await eventually(all_are(hexagon, [before], Status.SUCCEEDED), "the first result")
        await channel.queue_delete(TASKS.name)
        assert await publisher.waiting() == 0  # declares the queue again
        publisher.put([after.id], 1)
        await eventually(all_are(hexagon, [after], Status.SUCCEEDED), "the second result")


async def test_a_consumer_that_vanished_without_a_word_is_started_again(
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    before, after = await accepted(hexagon, 2)
    predictor.gate.set()

    async with working(rabbitmq_url, run_predictions, publisher) as worker:
        publisher.put([before.id], 1)
        await eventually(all_are(hexagon, [before], Status.SUCCEEDED), "the first result")
        channel = await worker.broker.config.channel_manager.get_channel()
        underlay = await channel.get_underlay_channel()
        [consumer] = underlay.consumers
        await underlay.basic_cancel(consumer)
        publisher.put([after.id], 1)
        await eventually(all_are(hexagon, [after], Status.SUCCEEDED), "the second result")


async def test_what_was_in_hand_when_the_broker_died_is_run_and_charged_once(
    rabbitmq: RabbitServer,
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    predictions = await accepted(hexagon, 40)

    async with working(rabbitmq_url, run_predictions, publisher, patience=timedelta(seconds=1)) as worker:
        publisher.put(ids_of(predictions), 1)
        await eventually(lambda: predictor.under_way > 0, "a batch")
        await asyncio.to_thread(rabbitmq.kill)
        await eventually(lambda: not worker.consumer.alive(), "the watch missing the consumer")
        predictor.gate.set()
        await asyncio.to_thread(rabbitmq.start)
        await eventually(worker.consumer.alive, "the consumer")
        await eventually(all_are(hexagon, predictions, Status.SUCCEEDED), "all results")
        await eventually(nothing_waits(publisher), "the last acknowledgement")

    assert (await hexagon.balance_of(predictions[0].user_id)).available == 0
    assert await hexagon.balanced()


async def test_a_stop_finishes_and_acknowledges_what_is_under_way(
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    predictions = await accepted(hexagon, 1)

    async with working(rabbitmq_url, run_predictions, publisher) as worker:
        publisher.put(ids_of(predictions), 1)
        await eventually(lambda: predictor.under_way > 0, "a batch")
        stopping = asyncio.create_task(worker.consumer.stop())
        await eventually(lambda: not any(each.running for each in worker.broker.subscribers), "the stop")
        predictor.gate.set()
        await stopping

    assert all_are(hexagon, predictions, Status.SUCCEEDED)()
    assert await publisher.waiting() == 0


async def test_a_stop_gives_back_what_outlasts_the_grace(
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    predictions = await accepted(hexagon, 100)

    async with working(rabbitmq_url, run_predictions, publisher, replace(SETTINGS, grace=OFTEN)):
        publisher.put(ids_of(predictions), 1)
        await eventually(lambda: predictor.under_way > 0, "a batch")

    assert all_are(hexagon, predictions, Status.QUEUED)()
    assert {record.prediction.attempts for record in hexagon.memory.state.predictions.values()} == {0}

    predictor.gate.set()
    async with working(rabbitmq_url, run_predictions, publisher):
        await eventually(all_are(hexagon, predictions, Status.SUCCEEDED), "all results")
    assert await publisher.waiting() == 0


async def test_publishing_and_consuming_have_a_connection_each(
    rabbitmq: RabbitServer, rabbitmq_url: str, run_predictions: RunPredictions, publisher: RabbitPublisher
) -> None:
    vhost = rabbitmq_url.rpartition("/")[2]

    async def names() -> bool:
        connections = await asyncio.to_thread(rabbitmq.api, "GET", f"vhosts/{vhost}/connections")
        return sorted(
            each.get("client_properties", {}).get("connection_name", "") for each in connections
        ) == ["augury consumes", "augury publishes"]

    async with working(rabbitmq_url, run_predictions, publisher):
        await eventually(names, "two connections")


async def test_a_worker_starts_and_stops_without_a_broker(
    rabbitmq_url: str, run_predictions: RunPredictions, publisher: RabbitPublisher
) -> None:
    nowhere = f"amqp://guest:guest@127.0.0.1:{free_ports(1)[0]}/"

    async with working(nowhere, run_predictions, publisher, patience=OFTEN) as worker:
        await eventually(lambda: not worker.consumer.alive(), "the watch missing the consumer")


async def test_a_worker_that_the_broker_refuses_is_not_alive_for_a_moment(
    rabbitmq_url: str,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
    caplog: pytest.LogCaptureFixture,
) -> None:
    refused = rabbitmq_url.replace("guest:guest", "guest:wrong")

    async with working(refused, run_predictions, publisher) as worker:
        assert not worker.consumer.alive()
        await eventually(lambda: "ACCESS_REFUSED" in caplog.text, "the refusal")
        assert not worker.consumer.alive()

    async with working(rabbitmq_url, run_predictions, publisher) as worker:
        await eventually(worker.consumer.alive, "the consumer")


async def test_a_worker_stops_although_the_broker_is_silent_and_leaves_nothing_running(
    rabbitmq: RabbitServer,
    rabbitmq_url: str,
    hexagon: Hexagon,
    predictor: GatedPredictor,
    run_predictions: RunPredictions,
    publisher: RabbitPublisher,
) -> None:
    predictions = await accepted(hexagon, 1)
    predictor.gate.set()
    before = asyncio.all_tasks()

    async with working(rabbitmq_url, run_predictions, publisher):
        publisher.put(ids_of(predictions), 1)
        await eventually(all_are(hexagon, predictions, Status.SUCCEEDED), "the result")
        rabbitmq.pause()
    rabbitmq.resume()

    left = asyncio.all_tasks() - before
    for task in left:
        task.cancel()
    _, resisting = await asyncio.wait(left, timeout=10) if left else (set(), set())
    assert not resisting


async def test_one_worker_gets_what_it_can_hold_and_the_next_one_only_the_rest(
    rabbitmq_url: str, hexagon: Hexagon, publisher: RabbitPublisher
) -> None:
    """Shared by turns, batches would become small as soon as there are more workers than work."""
    predictors = GatedPredictor(), GatedPredictor()
    first, second = (over(hexagon.run_predictions, predictor=each) for each in predictors)
    settings = replace(SETTINGS, prefetch=2)
    lone, queued = await accepted(hexagon, 6), await accepted(hexagon, 3)

    async with (
        working(rabbitmq_url, first, publisher, settings) as one,
        working(rabbitmq_url, second, publisher, settings) as other,
    ):
        await eventually(lambda: one.consumer.alive() and other.consumer.alive(), "both consumers")
        for each in predictors:
            each.gate.set()
        for prediction in lone:
            publisher.put([prediction.id], 1)
            await eventually(all_are(hexagon, [prediction], Status.SUCCEEDED), "its result")
        shares = sorted(len(each.asked) for each in predictors)
        for each in predictors:
            each.gate.clear()
        for prediction in queued:
            publisher.put([prediction.id], 1)
            await eventually(nothing_waits(publisher), "the message's way")
        await eventually(lambda: all(each.under_way for each in predictors), "work of both")
        for each in predictors:
            each.gate.set()
        await eventually(all_are(hexagon, queued, Status.SUCCEEDED), "all results")

    assert shares == [0, 6]
