import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aio_pika
import pytest
from aio_pika import DeliveryMode
from aio_pika.abc import AbstractIncomingMessage

from augury.application.ports import Unavailable
from augury.application.predictions.ports.events import Ended
from augury.bootstrap.topology import BULK, DEAD, EVENTS, FINISHED, TASKS, TOPOLOGY
from augury.broker.wire import IDS, read_task
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.prediction import Status
from augury.outbound.rabbitmq.events import RabbitEvents
from augury.outbound.rabbitmq.prediction_queue import RabbitPredictionQueue
from augury.outbound.rabbitmq.publisher import RabbitPublisher, RabbitSettings
from tests.polling import eventually
from tests.processes import free_ports
from tests.rabbitmq_server import RabbitServer, is_connected


@asynccontextmanager
async def publishing(
    url: str, *, max_unpublished: int = 10_000, max_task_ids: int = IDS
) -> AsyncIterator[RabbitPublisher]:
    """A publisher, started but perhaps not connected yet."""
    settings = RabbitSettings(url=url, max_unpublished=max_unpublished, max_task_ids=max_task_ids)
    publisher = RabbitPublisher(settings, TOPOLOGY)
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()


@asynccontextmanager
async def connected(url: str, *, max_task_ids: int = IDS) -> AsyncIterator[RabbitPublisher]:
    async with publishing(url, max_task_ids=max_task_ids) as publisher:
        await eventually(lambda: is_connected(publisher), "the connection")
        yield publisher


def new_ids(count: int) -> list[PredictionId]:
    return [PredictionId(uuid7()) for _ in range(count)]


async def received(url: str, count: int) -> list[AbstractIncomingMessage]:
    """Take and acknowledge `count` messages of the queue."""
    messages: list[AbstractIncomingMessage] = []
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        queue = await channel.get_queue(TASKS.name)
        while len(messages) < count:
            messages.append(await eventually(lambda: queue.get(fail=False, no_ack=True), "a message"))
    return messages


async def named(url: str, count: int) -> list[PredictionId]:
    """The ids of `count` predictions from the queue's messages, in order, without repetitions."""
    ids: dict[PredictionId, None] = {}
    while len(ids) < count:
        [message] = await received(url, 1)
        ids.update(dict.fromkeys(json.loads(message.body)["prediction_ids"]))
    return list(ids)


async def drop_queue(url: str) -> None:
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await channel.queue_delete(TASKS.name)


async def test_a_message_is_what_the_documents_say(rabbitmq_url: str) -> None:
    ids = new_ids(3)
    async with connected(rabbitmq_url) as publisher:
        before = datetime.now(UTC).replace(microsecond=0)
        RabbitPredictionQueue(publisher).put(ids)
        [message] = await received(rabbitmq_url, 1)

    assert json.loads(message.body) == {"prediction_ids": [str(each) for each in ids], "attempt": 1}
    assert message.content_type == "application/json"
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert message.timestamp is not None
    assert before <= message.timestamp <= datetime.now(UTC)


async def test_all_queues_survive_and_dead_letters_have_somewhere_to_go(
    rabbitmq: RabbitServer, rabbitmq_url: str
) -> None:
    async with connected(rabbitmq_url):
        queues = rabbitmq.api("GET", f"queues/{rabbitmq_url.rpartition('/')[2]}")

    assert {(queue["name"], queue["type"], queue["durable"], queue["exclusive"]) for queue in queues} == {
        (TASKS.name, "quorum", True, False),
        (BULK.name, "quorum", True, False),
        (DEAD.name, "quorum", True, False),
    }
    [dead] = [queue for queue in queues if queue["name"] == DEAD.name]
    assert dead["arguments"]["x-delivery-limit"] == 1_000_000_000
    for lane in (queue for queue in queues if queue["name"] in (TASKS.name, BULK.name)):
        assert lane["arguments"]["x-delivery-limit"] == 1000
        assert lane["arguments"]["x-dead-letter-routing-key"] == DEAD.name


async def test_an_earlier_version_s_classic_queue_of_dead_letters_stops_nobody(
    rabbitmq_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        await channel.declare_queue(DEAD.name, durable=True, arguments={"x-queue-type": "classic"})
    ids = new_ids(2)

    async with connected(rabbitmq_url) as publisher:
        publisher.put(ids, 1)
        assert await named(rabbitmq_url, 2) == [str(each) for each in ids]
        await publisher.ping()

    assert caplog.text.count("augury queue upgrade") == 1


@pytest.mark.parametrize(
    ("setting", "sizes"),
    [({}, [128, 128, 44]), ({"max_task_ids": 140}, [128, 128, 44]), ({"max_task_ids": 90}, [90, 90, 90, 30])],
)
async def test_many_predictions_go_out_in_few_messages(
    rabbitmq_url: str, setting: dict[str, int], sizes: list[int]
) -> None:
    ids = new_ids(300)
    async with connected(rabbitmq_url, **setting) as publisher:
        publisher.put(ids, 1)
        messages = await received(rabbitmq_url, len(sizes))

    tasks = [read_task(message.body) for message in messages]
    assert [len(task.prediction_ids) for task in tasks] == sizes
    assert [each for task in tasks for each in task.prediction_ids] == ids


async def test_a_message_has_little_work_in_all_so_that_idle_workers_get_the_rest(rabbitmq_url: str) -> None:
    ids = new_ids(8)
    async with connected(rabbitmq_url) as publisher:
        publisher.put(ids, 1, costs=dict(zip(ids, [100, 28, 1, 150, 1, 1, 127], strict=False)))
        messages = await received(rabbitmq_url, 5)

    tasks = [read_task(message.body) for message in messages]
    assert [list(task.prediction_ids) for task in tasks] == [ids[:2], ids[2:3], ids[3:4], ids[4:6], ids[6:]]


@pytest.mark.parametrize("wrong", [0, 257])
def test_a_message_names_no_more_than_a_worker_reads(wrong: int) -> None:
    with pytest.raises(ValueError, match="max_task_ids"):
        RabbitSettings(url="amqp://localhost", max_task_ids=wrong)


async def test_a_broker_that_is_away_holds_up_nobody() -> None:
    async with publishing(f"amqp://guest:guest@127.0.0.1:{free_ports(1)[0]}/") as publisher:
        queue = RabbitPredictionQueue(publisher)
        queue.put(new_ids(10))
        await RabbitEvents(publisher).finished(
            [Ended(PredictionId(uuid7()), UserId(uuid7()), Status.SUCCEEDED)]
        )

        assert await queue.passed() is None
        with pytest.raises(Unavailable):
            await publisher.ping()


async def test_what_was_put_while_the_broker_was_away_arrives_when_it_is_back(
    rabbitmq: RabbitServer, rabbitmq_url: str
) -> None:
    ids = new_ids(20)
    async with connected(rabbitmq_url) as publisher:
        rabbitmq.kill()
        publisher.put(ids, 1)
        with pytest.raises(Unavailable):
            await publisher.ping()
        await asyncio.to_thread(rabbitmq.start)

        assert await named(rabbitmq_url, 20) == [str(each) for each in ids]
        await publisher.ping()


async def test_a_broker_that_is_silent_holds_up_nobody(rabbitmq: RabbitServer, rabbitmq_url: str) -> None:
    ids = new_ids(20)
    async with connected(rabbitmq_url) as publisher:
        rabbitmq.pause()
        try:
            publisher.put(ids, 1)
            with pytest.raises(Unavailable):
                await publisher.ping()
        finally:
            rabbitmq.resume()

        assert await named(rabbitmq_url, 20) == [str(each) for each in ids]


async def test_what_the_broker_refuses_is_published_once_it_takes_it(
    rabbitmq: RabbitServer, rabbitmq_url: str
) -> None:
    full = f"policies/{rabbitmq_url.rpartition('/')[2]}/full"
    async with connected(rabbitmq_url) as publisher:
        rabbitmq.api(
            "PUT",
            full,
            {"pattern": TASKS.name, "definition": {"max-length": 0, "overflow": "reject-publish"}},
        )
        ids: list[PredictionId] = []

        def is_refused() -> bool:
            """The policy holds some time after it was set: until then, the broker takes everything."""
            ids.extend(more := new_ids(10))
            publisher.put(more, 1)
            return not is_connected(publisher)

        await eventually(is_refused, "a refusal")
        rabbitmq.api("DELETE", full)

        assert set(await named(rabbitmq_url, len(ids))) == {str(each) for each in ids}


async def test_a_queue_that_was_deleted_is_made_again_with_what_was_put_meanwhile(
    rabbitmq_url: str,
) -> None:
    ids = new_ids(2)
    async with connected(rabbitmq_url) as publisher:
        await drop_queue(rabbitmq_url)
        publisher.put(ids, 1)
        await eventually(lambda: not is_connected(publisher), "the return of the message")
        await eventually(lambda: is_connected(publisher), "the connection")

        assert await named(rabbitmq_url, 2) == [str(each) for each in ids]


async def test_asking_how_far_the_queue_has_come_makes_it_again(rabbitmq_url: str) -> None:
    async with connected(rabbitmq_url) as publisher:
        await drop_queue(rabbitmq_url)

        assert await RabbitPredictionQueue(publisher).passed() is not None
        publisher.put(new_ids(1), 1)
        await received(rabbitmq_url, 1)


async def test_no_more_waits_to_be_published_than_allowed(rabbitmq_url: str) -> None:
    ids = new_ids(30)
    publisher = RabbitPublisher(RabbitSettings(url=rabbitmq_url, max_unpublished=20), TOPOLOGY)
    publisher.put(ids[:16], 1)
    publisher.put(ids[16:], 1)
    await publisher.start()
    await eventually(lambda: is_connected(publisher), "the connection")

    assert await named(rabbitmq_url, 20) == [str(each) for each in ids[:20]]
    assert await publisher.waiting() == 0
    await publisher.stop()


async def test_a_stop_publishes_what_still_waits(rabbitmq_url: str) -> None:
    ids = new_ids(500)
    async with connected(rabbitmq_url) as publisher:
        publisher.put(ids, 1)

    assert await named(rabbitmq_url, 500) == [str(each) for each in ids]


async def test_what_was_published_survives_the_brokers_restart_and_its_sudden_death(
    rabbitmq: RabbitServer, rabbitmq_url: str
) -> None:
    ids = new_ids(200)
    async with connected(rabbitmq_url) as publisher:
        publisher.put(ids[:100], 1)
    await asyncio.to_thread(rabbitmq.stop)
    await asyncio.to_thread(rabbitmq.start)

    async with connected(rabbitmq_url) as publisher:
        publisher.put(ids[100:], 1)
    rabbitmq.kill()
    await asyncio.to_thread(rabbitmq.start)

    assert await named(rabbitmq_url, 200) == [str(each) for each in ids]


async def test_what_a_clock_that_is_ahead_has_put_does_not_pass_for_the_present(rabbitmq_url: str) -> None:
    async with connected(rabbitmq_url) as publisher:
        queue = RabbitPredictionQueue(publisher)
        publisher.put(new_ids(1), 1)
        await eventually(publisher.waiting, "the message")
        queue.saw(datetime.now(UTC) + timedelta(days=1))

        assert await queue.passed() is None


async def test_events_go_to_whoever_has_bound_a_queue(rabbitmq_url: str) -> None:
    ended = [Ended(PredictionId(uuid7()), UserId(uuid7()), Status.SUCCEEDED) for _ in range(2)]
    async with (
        connected(rabbitmq_url) as publisher,
        await aio_pika.connect(rabbitmq_url) as connection,
        connection.channel() as channel,
    ):
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(EVENTS.name, "predictions.*")
        await RabbitEvents(publisher).finished(ended)
        message = await eventually(lambda: queue.get(fail=False, no_ack=True), "the event")

    assert message.routing_key == "predictions.finished"
    assert json.loads(message.body) == [
        {
            "prediction_id": str(each.prediction_id),
            "user_id": str(each.user_id),
            "status": "succeeded",
        }
        for each in ended
    ]


async def test_an_event_is_the_same_with_and_without_a_confirmation(rabbitmq_url: str) -> None:
    """Only the first one is confirmed. The second one is too large for one frame."""
    heard: list[AbstractIncomingMessage] = []
    told = [b'["first"]', b'["' + b"x" * 300_000 + b'"]', b'["third"]']
    async with (
        connected(rabbitmq_url) as publisher,
        await aio_pika.connect(rabbitmq_url) as connection,
        connection.channel() as channel,
    ):
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(EVENTS.name, FINISHED)
        for news in ([told[0]], told[1:]):
            for body in news:
                publisher.tell(body)
            heard += [await eventually(lambda: queue.get(fail=False, no_ack=True), "the event") for _ in news]

    assert [message.body for message in heard] == told
    described = {(each.routing_key, each.content_type, each.delivery_mode) for each in heard}
    assert described == {(FINISHED, "application/json", DeliveryMode.NOT_PERSISTENT)}


async def test_traces_travel_in_the_headers_one_for_each_prediction(rabbitmq_url: str) -> None:
    first, second, alone = new_ids(3)
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    async with connected(rabbitmq_url) as publisher:
        queue = RabbitPredictionQueue(publisher)
        queue.put([first, second], traces={second: trace})
        [together] = await received(rabbitmq_url, 1)
        queue.put([alone], traces={alone: trace})
        [single] = await received(rabbitmq_url, 1)
        queue.put([first])
        [without] = await received(rabbitmq_url, 1)

    assert read_task(together.body, together.headers).traces == {second: trace}
    assert single.headers["traceparent"] == trace
    assert read_task(single.body, single.headers).traces == {alone: trace}
    assert not {"traceparent", "traceparents"} & set(without.headers)
