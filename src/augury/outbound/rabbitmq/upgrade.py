"""Replaces the classic queue of dead letters, which earlier releases declared, by a quorum queue.

A queue's kind cannot be changed, and `ml_tasks` refers to it by name. So the messages are moved to another
queue, the old one is deleted when it is empty, and the messages are moved back. An interrupted upgrade is
completed when it is run again.
"""

from contextlib import suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from augury.application.ports import Unavailable
from augury.broker.objects import QuorumQueue
from augury.broker.trouble import TROUBLE, why
from augury.concurrency.cancellation import within
from augury.outbound.rabbitmq.hosts import first_that_answers
from augury.outbound.rabbitmq.link import Topology, declare_dead
from augury.outbound.rabbitmq.publisher import RabbitSettings

ASIDE = ".aside"
"""The suffix of the temporary queue's name."""
QUIET = 3.0
"""Seconds without a message after which the old queue counts as empty. A process that lists the dead letters
has taken them, and returns them within that time."""
AT_A_TIME = 100
"""Messages that are moved at the same time."""


async def upgrade_dead_letters(
    settings: RabbitSettings, topology: Topology, *, quiet: float = QUIET
) -> int | None:
    """Replace the queue. Returns the number of moved messages, or None if it already is a quorum queue.
    Raises `Unavailable`."""
    seconds = settings.publish_timeout.total_seconds()

    async def connect(url: str) -> AbstractConnection:
        connecting = aio_pika.connect(url, client_properties={"connection_name": "augury upgrades"})
        return await within(seconds, connecting)

    try:
        async with await first_that_answers(settings.urls, connect, trouble=TROUBLE) as connection:
            return await _upgraded(connection, topology.dead, quiet)
    except TROUBLE as error:
        raise Unavailable(f"RabbitMQ: {why(error)}") from error


async def _upgraded(connection: AbstractConnection, dead: QuorumQueue, quiet: float) -> int | None:
    aside = f"{dead.name}{ASIDE}"
    while not await declare_dead(connection, dead):
        async with _channel(connection) as channel:
            await channel.declare_queue(aside, durable=True, arguments=dead.arguments)
            await channel.set_qos(prefetch_count=AT_A_TIME)
            await _move_until_quiet(channel, dead.name, aside, quiet)
        with suppress(ChannelPreconditionFailed):  # another message has died meanwhile: move it, too
            async with _channel(connection) as channel:
                await channel.queue_delete(dead.name, if_empty=True, if_unused=True)
    try:
        async with _channel(connection) as channel:
            moved = await _move_all(channel, aside, dead.name)
            await channel.queue_delete(aside)
    except ChannelNotFoundEntity:
        return None
    return moved


def _channel(connection: AbstractConnection) -> AbstractChannel:
    return connection.channel(publisher_confirms=True, on_return_raises=True)


async def _move_until_quiet(channel: AbstractChannel, source: str, target: str, quiet: float) -> None:
    """Move messages until none arrives for `quiet` seconds. Meanwhile nothing else can consume from
    `source`."""
    queue = await channel.get_queue(source)
    async with queue.iterator(exclusive=True, timeout=quiet) as messages:
        with suppress(TimeoutError):
            async for message in messages:
                await _move(channel, message, target)


async def _move_all(channel: AbstractChannel, source: str, target: str) -> int:
    """Move all messages. Returns their number. Raises `ChannelNotFoundEntity` if `source` is missing."""
    queue, moved = await channel.get_queue(source), 0
    while message := await queue.get(fail=False):
        await _move(channel, message, target)
        moved += 1
    return moved


async def _move(channel: AbstractChannel, message: AbstractIncomingMessage, target: str) -> None:
    """Move one message with all headers, in which the broker recorded its death: listing shows them."""
    same = aio_pika.Message(
        message.body,
        headers=message.headers,
        content_type=message.content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        timestamp=message.timestamp,
    )
    await channel.default_exchange.publish(same, target, mandatory=True)
    await message.ack()
