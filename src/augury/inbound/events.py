"""Receives the events of finished predictions in the API process, so that waiting requests are answered."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.abc import DeliveredMessage

from augury.application.predictions.ports.events import Ended
from augury.broker.objects import TopicExchange
from augury.broker.trouble import TROUBLE, host_of, told
from augury.broker.wire import NotUnderstood, read_events
from augury.concurrency.cancellation import within
from augury.concurrency.outage import Outage
from augury.concurrency.pauses import Pauses

CONNECTING = 5.0
"""Seconds to connect to the broker, and for each of its answers."""
FIRST_PAUSE, LAST_PAUSE = 0.2, 5.0
"""Seconds between two attempts to connect."""
CLOSING = 1.0
log = logging.getLogger(__name__)


class EventListener:
    """Listens while its context is open, on a queue that the broker deletes with the connection.

    With several `urls`, one per node of a cluster, it tries one after another. Events are best effort: those
    published while the broker is unreachable are lost.
    """

    def __init__(
        self,
        urls: Sequence[str],
        tell: Callable[[Sequence[Ended]], None],
        *,
        exchange: TopicExchange,
        routing_key: str,
    ) -> None:
        self._urls = urls
        self._tell = tell
        self._exchange = exchange
        self._routing_key = routing_key
        self._pauses = Pauses(FIRST_PAUSE, LAST_PAUSE)
        self._outage = Outage(log, "listening for events")
        self._runs: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start listening in the background."""
        self._runs = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runs is not None:
            self._runs.cancel()
            await asyncio.gather(self._runs, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            for url in self._urls:
                try:
                    await self._listen(url)
                except TROUBLE as error:
                    self._outage.begins(told(error, url), at=host_of(url))
                except Exception:  # nobody would notice that the listener ended
                    log.exception("not listening for events, trying again")
            await asyncio.sleep(self._pauses.next())

    async def _listen(self, url: str) -> None:
        """Returns, or raises one of `TROUBLE`, when the connection is lost."""
        connection = await within(CONNECTING, self._connect(url))
        try:
            channel = await within(CONNECTING, self._subscribe(connection))
            gone = asyncio.Event()
            channel.close_callbacks.add(lambda *_: gone.set())
            if channel.is_closed:
                raise ConnectionError("the connection was closed")
            self._pauses.reset()
            self._outage.ends()
            await gone.wait()
            self._outage.begins(f"{host_of(url)}: the connection was closed", at=host_of(url))
        finally:
            with suppress(*TROUBLE):
                await within(CLOSING, connection.close())

    async def _connect(self, url: str) -> AbstractConnection:
        return await aio_pika.connect(url, client_properties={"connection_name": "augury listens"})

    async def _subscribe(self, connection: AbstractConnection) -> AbstractChannel:
        channel = await connection.channel(publisher_confirms=False)
        exchange = await channel.declare_exchange(self._exchange.name, "topic", durable=True)
        queue = await channel.declare_queue(exclusive=True)  # named by the broker, new each time
        await queue.bind(exchange, self._routing_key)
        # aio_pika's own `consume` converts each field of a message, of which only the body is needed.
        consuming = await channel.get_underlay_channel()
        await consuming.basic_consume(queue.name, self._hear, no_ack=True)
        return channel

    async def _hear(self, message: DeliveredMessage) -> None:
        try:
            ended = read_events(message.body)
        except NotUnderstood as error:
            log.warning("an event could not be read: %s", error)
        else:
            self._tell(ended)
