"""An open connection for publishing, which declares the queues. The broker confirms messages that are
published, but not events that are told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Self

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from augury.broker.objects import QuorumQueue, TopicExchange
from augury.broker.trouble import TROUBLE
from augury.concurrency.cancellation import was_canceled, within
from augury.outbound.rabbitmq.event_channel import EventChannel

CLOSING = 1.0
"""Seconds to close a connection."""

DEAD_QUEUE_WAIT = 0.5
"""Seconds that a new connection waits for the queue of dead letters, so that a new broker has it before a
message can die."""
DEAD_QUEUE_RETRY = 10.0
"""Seconds between two attempts to declare that queue."""

MISSING_QUEUE_PAUSE = 0.5
"""Seconds between finding the queue missing and declaring it again.

RabbitMQ 3.10 notifies the consumers of a deleted queue after 25 ms, but only if the queue is still missing
then. Otherwise it silently moves them to the new queue, and their channels drop its messages, every time.
"""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The broker's objects: the queues of the small and the bulk lane, the queue of their dead letters, the
    exchange of the events and their routing key."""

    tasks: QuorumQueue
    bulk: QuorumQueue
    dead: QuorumQueue
    events: TopicExchange
    finished: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message and its destination: an exchange, or else a queue, which must exist."""

    body: bytes
    properties: aiormq.spec.Basic.Properties
    """aiormq's own, because aio_pika's `Message` converts and checks every field, even those that are not
    set."""
    routing_key: str
    exchange: str = ""


class RabbitLink:
    """Usable in the context of `open`. Calls `lost` when it is no longer usable."""

    def __init__(
        self,
        connection: AbstractConnection,
        channel: AbstractChannel,
        events: EventChannel,
        topology: Topology,
        seconds: float,
        lost: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._events = events
        self._topology = topology
        self._seconds = seconds
        self._lost = lost
        self._given_up = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, topology: Topology, *, seconds: float, lost: Callable[[], None]
    ) -> AsyncIterator[Self]:
        """Connect and declare. The broker has `seconds` for each of its answers.

        The queue of dead letters is declared in the background, since nothing depends on it. Raises one of
        `TROUBLE`.
        """
        connection = await within(seconds, _connect(url))
        dead = asyncio.create_task(_declare_dead_in_background(connection, topology.dead))
        try:
            channel = await within(seconds, _open_channel(connection, topology))
            channel.close_callbacks.add(lambda *_: lost())
            exchange, key = topology.events.name, topology.finished
            opening = EventChannel.open(connection, exchange=exchange, key=key, lost=lost)
            events = await within(seconds, opening)
            await asyncio.wait({dead}, timeout=DEAD_QUEUE_WAIT)
            yield cls(connection, channel, events, topology, seconds, lost)
        finally:
            dead.cancel()
            with suppress(*TROUBLE):
                await within(CLOSING, connection.close())

    @property
    def is_open(self) -> bool:
        return self._events.is_open and not (self._given_up or self._channel.is_closed)

    def give_up(self) -> None:
        """Mark the connection as unusable, because the broker does not answer. A timeout would notice that
        minutes later."""
        self._given_up = True
        self._lost()

    async def tell(self, events: Sequence[bytes]) -> None:
        """Send the bodies of events, without a confirmation. Raises one of `TROUBLE`."""
        await self._events.send(events, seconds=self._seconds)

    async def publish(self, envelopes: Sequence[Envelope]) -> list[BaseException | None]:
        """Send all, and wait until the broker confirms each. Returns an error or None for each."""
        if len(envelopes) == 1:  # without a task
            return [await self._error_of_publishing(envelopes[0])]
        answers = await asyncio.gather(
            *(self._publish(envelope) for envelope in envelopes), return_exceptions=True
        )
        return [answer if isinstance(answer, BaseException) else None for answer in answers]

    async def _error_of_publishing(self, envelope: Envelope) -> BaseException | None:
        try:
            await self._publish(envelope)
        except asyncio.CancelledError as error:
            if was_canceled():
                raise
            return error  # the library has given up
        except Exception as error:
            return error
        return None

    async def _publish(self, envelope: Envelope) -> None:
        channel = await self._channel.get_underlay_channel()
        assert isinstance(channel, aiormq.Channel)
        await channel.basic_publish(
            envelope.body,
            exchange=envelope.exchange,
            routing_key=envelope.routing_key,
            properties=envelope.properties,
            mandatory=not envelope.exchange,
            timeout=self._seconds,
            wait=False,  # only for the socket: the broker's confirmation is still awaited
        )

    async def waiting(self, queue: QuorumQueue) -> int:
        """The number of messages ready in a queue. Declares missing queues. Raises one of `TROUBLE`."""
        return await within(self._seconds + MISSING_QUEUE_PAUSE, self._waiting(queue))

    async def _waiting(self, queue: QuorumQueue) -> int:
        try:
            async with self._connection.channel(publisher_confirms=False) as channel:
                found = await channel.declare_queue(queue.name, passive=True)
                return found.declaration_result.message_count or 0
        except ChannelNotFoundEntity:
            await asyncio.sleep(MISSING_QUEUE_PAUSE)
        async with self._connection.channel(publisher_confirms=False) as channel:
            await _declare(channel, self._topology)
        return 0


async def _connect(url: str) -> AbstractConnection:
    return await aio_pika.connect(url, client_properties={"connection_name": "augury publishes"})


async def _open_channel(connection: AbstractConnection, topology: Topology) -> AbstractChannel:
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    await _declare(channel, topology)
    return channel


async def _declare(channel: AbstractChannel, topology: Topology) -> None:
    events = topology.events
    await channel.declare_exchange(events.name, "topic", durable=True)
    for queue in (topology.tasks, topology.bulk):
        await channel.declare_queue(queue.name, durable=True, arguments=queue.arguments)


async def _declare_dead_in_background(connection: AbstractConnection, dead: QuorumQueue) -> None:
    """Try to declare the queue until it exists. In a cluster, that may take until a node returns."""
    while True:
        try:
            is_up_to_date = await declare_dead(connection, dead)
        except TROUBLE as error:
            log.debug("no queue %s: %r", dead.name, error)
            await asyncio.sleep(DEAD_QUEUE_RETRY)
        else:
            break
    if not is_up_to_date:
        hint = "%s is a classic queue, which a cluster loses with its node: run `augury queue upgrade`"
        log.warning(hint, dead.name)


async def declare_dead(connection: AbstractConnection, dead: QuorumQueue) -> bool:
    """Declare the queue of dead letters. Raises one of `TROUBLE`.

    Returns False if an earlier release declared it as another kind of queue. That queue also gets the
    messages.
    """
    try:
        async with connection.channel(publisher_confirms=False) as channel:
            await channel.declare_queue(dead.name, durable=True, arguments=dead.arguments)
    except ChannelPreconditionFailed:
        return False
    else:
        return True
