"""If a URL names several brokers, all components skip one that is away or silent."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self
from urllib.parse import urlsplit

import pytest

from augury.application.ports import Unavailable
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.take_over import TakeOver
from augury.bootstrap.topology import BULK, EVENTS, FINISHED, TASKS, TOPOLOGY
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.prediction import Prediction, Status
from augury.inbound.events import EventListener
from augury.inbound.worker.consumer import create_consumer
from augury.inbound.worker.runner import TaskRunner, WorkerSettings
from augury.inbound.worker.task_consumer import TaskConsumer
from augury.outbound.rabbitmq.dead_letters import RabbitDeadLetters
from augury.outbound.rabbitmq.events import RabbitEvents
from augury.outbound.rabbitmq.prediction_queue import RabbitPredictionQueue
from augury.outbound.rabbitmq.publisher import RabbitPublisher, RabbitSettings
from tests.gated_predictor import GatedPredictor
from tests.hexagon import Hexagon, over
from tests.integration.test_rabbitmq_consumer import accepted, all_are, ids_of
from tests.polling import eventually
from tests.processes import free_ports

OFTEN = timedelta(milliseconds=50)
WITHIN = 60


class Road:
    """A TCP port that forwards to the broker, until it is closed or falls silent."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._passable = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._copying: set[asyncio.Task[None]] = set()

    @property
    def host(self) -> str:
        assert self._server is not None
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @asynccontextmanager
    async def open(self, *, passable: bool) -> AsyncIterator[Self]:
        if passable:
            self._passable.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield self
        finally:
            self._server.close()
            for task in self._copying:
                task.cancel()

    def falls_silent(self) -> None:
        """Keep connections open and accept new ones, but forward nothing any more."""
        self._passable.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._broker_port)
        for source, target in ((reader, back), (there, writer)):
            self._copying.add(asyncio.create_task(self._copy(source, target)))

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                await self._passable.wait()
                target.write(data)
                await target.drain()
        target.close()


@dataclass(kw_only=True)
class Service:
    """A publisher, a consumer and a listener, over the same hosts."""

    hexagon: Hexagon
    publisher: RabbitPublisher
    consumer: TaskConsumer
    heard: list[PredictionId] = field(default_factory=list)

    async def works(self) -> None:
        """Check that new tasks are run, and that readiness and health are reported."""
        predictions = await accepted(self.hexagon, 3)
        self.publisher.put(ids_of(predictions), 1)
        await eventually(all_are(self.hexagon, predictions, Status.SUCCEEDED), "all results", WITHIN)
        await self.is_well()

    async def works_again(self) -> None:
        """The same, although the broker still delivers messages to the lost consumer."""
        predictions: list[Prediction] = []

        async def one_more_is_run() -> bool:
            predictions.extend(await accepted(self.hexagon, 1))
            self.publisher.put([predictions[-1].id], 1)
            await asyncio.sleep(0.2)
            return any(all_are(self.hexagon, [each], Status.SUCCEEDED)() for each in predictions)

        await eventually(one_more_is_run, "a result", WITHIN)
        await self.is_well()

    async def is_well(self) -> None:
        await eventually(self._is_ready, "readiness", WITHIN)
        await eventually(self.consumer.alive, "health", WITHIN)

    async def hears(self) -> None:
        """Check that published events are received."""
        await eventually(self._has_heard, "an event", WITHIN)

    async def _has_heard(self) -> bool:
        news = Ended(PredictionId(uuid7()), UserId(uuid7()), Status.SUCCEEDED)
        await RabbitEvents(self.publisher).finished([news])
        await asyncio.sleep(0.1)
        return bool(self.heard)

    async def _is_ready(self) -> bool:
        try:
            await self.publisher.ping()
        except Unavailable:
            return False
        return True


@asynccontextmanager
async def service(url: str, hexagon: Hexagon) -> AsyncIterator[Service]:
    settings, predictor = RabbitSettings(url=url), GatedPredictor()
    predictor.gate.set()
    publisher = RabbitPublisher(settings, TOPOLOGY)
    runner = TaskRunner(
        over(hexagon.run_predictions, predictor=predictor),
        over(hexagon.run_next, predictor=predictor),
        hexagon.use_case(TakeOver),
        WorkerSettings(retry_pause=OFTEN),
        on_fatal=pytest.fail,
    )
    queue = RabbitPredictionQueue(publisher)
    brokers = {
        each: create_consumer(each, tasks=TASKS, bulk=BULK, runner=runner, queue=queue, prefetch=8)
        for each in settings.urls
    }
    consumer = TaskConsumer(brokers, runner, queues=(TASKS, BULK), look_every=OFTEN)
    made = Service(hexagon=hexagon, publisher=publisher, consumer=consumer)

    def hear(ended: Sequence[Ended]) -> None:
        made.heard.extend(each.prediction_id for each in ended)

    async with AsyncExitStack() as stack:
        await publisher.start()
        stack.push_async_callback(publisher.stop)
        await consumer.start()
        stack.push_async_callback(consumer.stop)
        await stack.enter_async_context(
            EventListener(settings.urls, hear, exchange=EVENTS, routing_key=FINISHED)
        )
        yield made


def with_another_first(url: str, host: str) -> str:
    return url.replace("@", f"@{host},")


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


async def test_a_first_host_that_is_away_is_passed_over(rabbitmq_url: str, hexagon: Hexagon) -> None:
    [nowhere] = free_ports(1)
    async with service(with_another_first(rabbitmq_url, f"127.0.0.1:{nowhere}"), hexagon) as made:
        await made.works()
        await made.hears()


async def test_a_first_host_that_says_nothing_is_passed_over(rabbitmq_url: str, hexagon: Hexagon) -> None:
    async with Road(port_of(rabbitmq_url)).open(passable=False) as road:
        url = with_another_first(rabbitmq_url, road.host)
        async with service(url, hexagon) as made:
            await made.works()
            await made.hears()
            dead_letters = RabbitDeadLetters(RabbitSettings(url=url), TOPOLOGY)
            assert (await dead_letters.lengths()).dead == 0


async def test_a_host_that_falls_silent_is_left_for_another(rabbitmq_url: str, hexagon: Hexagon) -> None:
    """Except by the listener: it notices minutes later by its heartbeats, and events are best effort."""
    async with Road(port_of(rabbitmq_url)).open(passable=True) as road:
        url = with_another_first(rabbitmq_url, road.host)
        async with service(url, hexagon) as made:
            await made.works()
            road.falls_silent()
            await made.works_again()


async def test_each_hosts_own_trouble_is_told_once_and_no_password(
    rabbitmq_url: str, hexagon: Hexagon, caplog: pytest.LogCaptureFixture
) -> None:
    """A host that is away hides neither another host's wrong password nor a missing virtual host."""
    [nowhere] = free_ports(1)
    away, broker = f"127.0.0.1:{nowhere}", f"127.0.0.1:{port_of(rabbitmq_url)}"
    again = f"localhost:{port_of(rabbitmq_url)}"
    urls = f"amqp://guest:secret@{away},{broker}/, amqp://guest:guest@{again}/nowhere"
    words = (
        f"{away}: [Errno 111] Conn",
        f"{broker}: ACCESS_REFUSED",
        f"{again}: the virtual host is refused",
    )
    expected = sorted(3 * words)

    def told() -> list[str]:
        own = [each.getMessage() for each in caplog.records if each.name.startswith("augury")]
        return sorted(word for line in own for word in words if word in line)

    async with service(urls, hexagon):
        await eventually(lambda: len(told()) >= len(expected), within=WITHIN)
        assert told() == expected

    with pytest.raises(Unavailable) as unavailable:
        await RabbitDeadLetters(RabbitSettings(url=urls), TOPOLOGY).lengths()
    assert [word in str(unavailable.value) for word in words] == [True, True, True]
    assert "\n" not in str(unavailable.value)
    assert "secret" not in f"{caplog.text}{unavailable.value}"
