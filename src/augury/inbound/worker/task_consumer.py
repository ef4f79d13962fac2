"""Keeps the worker consuming from its start until it stops, also after the broker was unavailable."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from aio_pika.abc import AbstractRobustConnection
from faststream.rabbit import RabbitBroker
from faststream.rabbit.subscriber import RabbitSubscriber

from augury.broker.objects import QuorumQueue
from augury.broker.trouble import TROUBLE, host_of, told
from augury.concurrency.cancellation import within
from augury.concurrency.outage import Outage
from augury.concurrency.waits import is_set_within
from augury.inbound.worker.consumer import CONNECTING
from augury.inbound.worker.runner import TaskRunner

SUBSCRIBING = 20.0
"""Seconds in all until the worker consumes. Several hosts share them."""
ANSWERING = 5.0
"""Seconds for an answer of the broker."""
LOOK_EVERY = timedelta(seconds=5)
PATIENCE = timedelta(seconds=30)
"""How long the consumer may be missing before the worker counts as dead."""
MISSES = 3
"""Failed checks before the worker reconnects. Until then, the connection can restore itself.
With more than one host, one failed check is enough."""
LEAVING = 2.0
"""Seconds for each step of disconnecting."""
PAUSE = 1.0
"""Seconds between two attempts to start."""
log = logging.getLogger(__name__)


class TaskConsumer:
    """Runs a broker from `create_consumer`, on one host after another if there are several.

    A connection can restore itself without its consumer. So this checks the consumer, not only the process or
    the connection.
    """

    def __init__(
        self,
        brokers: Mapping[str, RabbitBroker],
        runner: TaskRunner,
        *,
        queues: Sequence[QuorumQueue],
        look_every: timedelta = LOOK_EVERY,
        patience: timedelta = PATIENCE,
    ) -> None:
        """`brokers` by their URLs, at least one. Each consumes all `queues`."""
        self._brokers = brokers
        self._url, self._broker = next(iter(brokers.items()))
        self._runner = runner
        self._queues = queues
        self._look_every = look_every.total_seconds()
        self._patience = patience.total_seconds()
        self._seen = float("-inf")
        self._outage = Outage(log, "consuming from RabbitMQ")
        self._connection: AbstractRobustConnection | None = None
        self._gone = asyncio.Event()
        self._subscribing: asyncio.Task[None] | None = None
        self._runs: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start consuming in the background, as soon as the broker can be reached."""
        self._runs = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Accept no new messages, let the runner finish or hand back, acknowledge, and disconnect."""
        if self._runs is None:
            return
        self._runs.cancel()
        await asyncio.gather(self._runs, return_exceptions=True)
        self._runs = None
        await asyncio.gather(self._unsubscribe(), self._runner.stop())
        await self._disconnect()

    def alive(self) -> bool:
        """Whether the broker has confirmed this consumer recently."""
        return asyncio.get_running_loop().time() - self._seen < self._patience

    async def _run(self) -> None:
        while True:
            for url, broker in self._brokers.items():
                self._url, self._broker = url, broker
                try:
                    await self._consume()
                except TROUBLE as error:
                    self._outage.begins(told(error, url), at=host_of(url))
                except Exception:  # a worker must consume, whatever went wrong
                    log.exception("not consuming from RabbitMQ, trying again")
                await self._disconnect()
            await asyncio.sleep(PAUSE)

    async def _consume(self) -> None:
        """Returns when the consumer is permanently lost.

        Connecting is never canceled: aio_pika would continue in the background for ever.
        """
        self._subscribing = asyncio.create_task(self._subscribe())
        await asyncio.wait({self._subscribing}, timeout=max(SUBSCRIBING / len(self._brokers), CONNECTING))
        if not self._subscribing.done():
            raise TimeoutError("the broker does not answer")
        if self._subscribing.cancelled():
            raise ConnectionAbortedError("the connection broke")
        self._subscribing.result()
        await self._watch()

    async def _subscribe(self) -> None:
        self._gone.clear()
        self._connection = await self._broker.connect()
        self._connection.close_callbacks.add(lambda *_: self._gone.set())
        for subscriber in self._broker.subscribers:
            # FastStream sets this only after it started consuming, and ignores messages that arrived
            # before. With a backlog, those can fill the whole prefetch.
            subscriber.running = True
        await self._broker.start()

    async def _unsubscribe(self) -> None:
        for subscriber in self._broker.subscribers:
            with suppress(*TROUBLE):
                await within(ANSWERING, subscriber.stop())

    async def _watch(self) -> None:
        """Returns when the consumer is lost for good. With several hosts, raises if the connection breaks."""
        misses, elsewhere = 0, len(self._brokers) > 1
        while misses < (1 if elsewhere else MISSES):
            if await self._is_consuming():
                misses = 0
                self._seen = asyncio.get_running_loop().time()
                self._outage.ends()
            else:
                misses += 1
                host = host_of(self._url)
                self._outage.begins(f"{host}: the broker has lost the consumer", at=host)
            if not elsewhere:
                await asyncio.sleep(self._look_every)
            elif await is_set_within(self._look_every, self._gone):
                raise ConnectionAbortedError("the connection broke")

    async def _is_consuming(self) -> bool:
        """Whether the broker has the consumer. The check is never canceled, only abandoned: on cancellation,
        aiormq may close the connection, which loses acknowledgements."""
        asked = asyncio.create_task(self._ask())
        await asyncio.wait({asked}, timeout=2 * ANSWERING)
        return asked.done() and not asked.cancelled() and asked.result()

    async def _ask(self) -> bool:
        """Whether each of our channels has a consumer, and the broker has one of each queue."""
        try:
            connection = await self._broker.connect()
            if connection.transport is None or not connection.connected.is_set():
                return False
            channels = self._broker.config.channel_manager
            for subscriber in self._broker.subscribers:
                assert isinstance(subscriber, RabbitSubscriber)
                channel = await (await channels.get_channel(subscriber.channel)).get_underlay_channel()
                if not channel.consumers:
                    return False
            probe = await connection.transport.connection.channel(publisher_confirms=False, timeout=ANSWERING)
            answers = [
                await probe.queue_declare(queue.name, passive=True, timeout=ANSWERING)
                for queue in self._queues
            ]
            await probe.close()
            return all(answer.consumer_count for answer in answers)
        except TROUBLE:
            return False

    async def _disconnect(self) -> None:
        """Close the connection in any case: otherwise it would stay open for ever."""
        if self._subscribing is not None:
            await asyncio.wait({self._subscribing}, timeout=CONNECTING)
            self._subscribing.cancel()
        for goodbye in (self._broker.stop, self._connection and self._connection.close):
            try:
                if goodbye:
                    await within(LEAVING, goodbye())
            except Exception as error:  # FastStream gathers what its subscribers raise
                log.debug("disconnecting from RabbitMQ failed: %r", error)
