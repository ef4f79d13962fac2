"""One open connection that publishes: what exists on the broker is declared, what is sent is confirmed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Self

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from faststream.rabbit import RabbitExchange, RabbitQueue

from augury.broker.trouble import TROUBLE
from augury.concurrency.cancellation import within

CLOSING = 1.0
"""Seconds that a connection may take to say goodbye."""

UNTIL_IT_IS_GONE = 0.5
"""Seconds from finding the queue missing to making it anew.

RabbitMQ 3.10 tells the consumers of a deleted queue after 25 ms, if it is still missing then. Otherwise it
takes them over without a word, and their channels drop what the new queue hands them: seen every time.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """What exists on the broker: the queue, where its dead letters go, the events and their routing key."""

    tasks: RabbitQueue
    dead: RabbitQueue
    events: RabbitExchange
    finished: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message and where it goes: to an exchange, or without one to a queue, which must exist."""

    message: aio_pika.Message
    routing_key: str
    exchange: str = ""


class RabbitLink:
    """Open while the context of `open` is; `lost` is called once it is not usable any more."""

    def __init__(
        self, connection: AbstractConnection, channel: AbstractChannel, topology: Topology, seconds: float
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._topology = topology
        self._seconds = seconds

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, topology: Topology, *, seconds: float, lost: Callable[[], None]
    ) -> AsyncIterator[Self]:
        """Connect and declare. The broker may take so many `seconds` for each of its answers.

        Raises one of `TROUBLE`.
        """
        connection = await within(seconds, _connect(url))
        try:
            channel = await within(seconds, _open_channel(connection, topology))
            channel.close_callbacks.add(lambda *_: lost())
            yield cls(connection, channel, topology, seconds)
        finally:
            with suppress(*TROUBLE):
                await within(CLOSING, connection.close())

    @property
    def is_open(self) -> bool:
        return not self._channel.is_closed

    async def publish(self, envelopes: Sequence[Envelope]) -> list[BaseException | None]:
        """Send them all, wait for the broker to confirm each; answers what went wrong with which."""
        answers = await asyncio.gather(
            *(self._publish(envelope) for envelope in envelopes), return_exceptions=True
        )
        return [answer if isinstance(answer, BaseException) else None for answer in answers]

    async def _publish(self, envelope: Envelope) -> None:
        channel = await self._channel.get_underlay_channel()
        assert isinstance(channel, aiormq.Channel)
        await channel.basic_publish(
            envelope.message.body,
            exchange=envelope.exchange,
            routing_key=envelope.routing_key,
            properties=envelope.message.properties,
            mandatory=not envelope.exchange,
            timeout=self._seconds,
            wait=False,  # until each is on the wire before the next; the broker's confirm is waited for
        )

    async def waiting(self) -> int:
        """How many messages are ready in the queue; a missing queue is made. Raises one of `TROUBLE`."""
        return await within(self._seconds + UNTIL_IT_IS_GONE, self._waiting())

    async def _waiting(self) -> int:
        try:
            async with self._connection.channel(publisher_confirms=False) as channel:
                queue = await channel.declare_queue(self._topology.tasks.name, passive=True)
                return queue.declaration_result.message_count or 0
        except ChannelNotFoundEntity:
            await asyncio.sleep(UNTIL_IT_IS_GONE)
        async with self._connection.channel(publisher_confirms=False) as channel:
            return await _declare(channel, self._topology)


async def _connect(url: str) -> AbstractConnection:
    return await aio_pika.connect(url, client_properties={"connection_name": "augury publishes"})


async def _open_channel(connection: AbstractConnection, topology: Topology) -> AbstractChannel:
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    await _declare(channel, topology)
    return channel


async def _declare(channel: AbstractChannel, topology: Topology) -> int:
    events = topology.events
    await channel.declare_exchange(events.name, events.type.value, durable=events.durable)
    for queue in (topology.dead, topology.tasks):
        declared = await channel.declare_queue(queue.name, durable=queue.durable, arguments=queue.arguments)
    return declared.declaration_result.message_count or 0
