import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aio_pika
import pytest

from augury.application.ports import Json
from augury.application.predictions.ports.events import Ended, Ending
from augury.bootstrap.topology import EVENTS, FINISHED, TOPOLOGY
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.prediction import Status
from augury.inbound.events import EventListener
from augury.outbound.rabbitmq.events import RabbitEvents
from augury.outbound.rabbitmq.publisher import RabbitPublisher, RabbitSettings
from tests.polling import eventually
from tests.processes import free_ports
from tests.rabbitmq_server import RabbitServer


class Ear:
    """Remembers the events that it received."""

    def __init__(self) -> None:
        self.heard: list[PredictionId] = []
        self.endings: list[Ended] = []

    def tell(self, ended: Sequence[Ended]) -> None:
        self.heard += [each.prediction_id for each in ended]
        self.endings += [each for each in ended if each.ending]


@pytest.fixture
async def events(rabbitmq_url: str) -> AsyncIterator[RabbitEvents]:
    publisher = RabbitPublisher(RabbitSettings(url=rabbitmq_url), TOPOLOGY)
    await publisher.start()
    yield RabbitEvents(publisher)
    await publisher.stop()


@asynccontextmanager
async def listening(url: str, ear: Ear) -> AsyncIterator[None]:
    async with EventListener([url], ear.tell, exchange=EVENTS, routing_key=FINISHED):
        yield


async def heard_by(ear: Ear, events: RabbitEvents) -> None:
    """Publish events until one is received. Events from before the listener started are lost."""

    told: set[PredictionId] = set()

    async def is_heard() -> bool:
        news = Ended(PredictionId(uuid7()), UserId(uuid7()), Status.SUCCEEDED)
        told.add(news.prediction_id)
        await events.finished([news])
        return not told.isdisjoint(ear.heard)

    await eventually(is_heard, "an event")


async def test_every_listener_hears_of_every_prediction(rabbitmq_url: str, events: RabbitEvents) -> None:
    ears = [Ear(), Ear()]
    async with listening(rabbitmq_url, ears[0]), listening(rabbitmq_url, ears[1]):
        for ear in ears:
            await heard_by(ear, events)
        told = [Ended(PredictionId(uuid7()), UserId(uuid7()), Status.FAILED) for _ in range(100)]
        await events.finished(told)
        ids = {each.prediction_id for each in told}
        await eventually(lambda: all(ids <= set(ear.heard) for ear in ears), "all events")


async def test_a_small_result_travels_with_its_event(rabbitmq_url: str, events: RabbitEvents) -> None:
    ear, at = Ear(), datetime(2026, 11, 28, 12, 0, 0, 123456, UTC)
    outputs = [Json('{"label": "позитивно"}'.encode()), None]
    endings = [
        Ending(attempts=1, started_at=at, finished_at=at, valid_rows=1, output=output) for output in outputs
    ]
    told = [Ended(PredictionId(uuid7()), UserId(uuid7()), Status.SUCCEEDED, each) for each in endings]
    async with listening(rabbitmq_url, ear):
        await heard_by(ear, events)
        await events.finished(told)
        await eventually(lambda: ear.endings == told, "the same events with their results")


async def test_what_is_no_event_is_passed_over(rabbitmq_url: str, events: RabbitEvents) -> None:
    ear = Ear()
    async with (
        listening(rabbitmq_url, ear),
        await aio_pika.connect(rabbitmq_url) as connection,
        connection.channel() as channel,
    ):
        await heard_by(ear, events)
        exchange = await channel.get_exchange(EVENTS.name)
        for body in (b"", b"\xff", b"{}", b'[{"prediction_id": 1}]'):
            await exchange.publish(aio_pika.Message(body), FINISHED)

        await heard_by(ear, events)


async def test_a_listener_listens_again_when_the_broker_is_back(
    rabbitmq: RabbitServer, rabbitmq_url: str, events: RabbitEvents
) -> None:
    ear = Ear()
    async with listening(rabbitmq_url, ear):
        await heard_by(ear, events)
        await asyncio.to_thread(rabbitmq.kill)
        await asyncio.to_thread(rabbitmq.start)
        await heard_by(ear, events)


async def test_a_listener_leaves_nothing_on_the_broker(
    rabbitmq: RabbitServer, rabbitmq_url: str, events: RabbitEvents
) -> None:
    vhost = rabbitmq_url.rpartition("/")[2]
    ear = Ear()
    async with listening(rabbitmq_url, ear):
        await heard_by(ear, events)
        queues = rabbitmq.api("GET", f"queues/{vhost}")
        assert [queue["exclusive"] for queue in queues].count(True) == 1

    await eventually(
        lambda: not any(queue["exclusive"] for queue in rabbitmq.api("GET", f"queues/{vhost}")),
        "the end of the queue",
    )


async def test_a_broker_that_is_away_holds_up_nobody() -> None:
    async with listening(f"amqp://guest:guest@127.0.0.1:{free_ports(1)[0]}/", Ear()):
        pass
