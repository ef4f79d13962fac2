"""Lists, replays and drops the dead letters on RabbitMQ, with a connection for each operation."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from typing_extensions import override

from augury.application.ports import Unavailable
from augury.application.predictions.ports.dead_letters import (
    BYTES_SHOWN,
    MOST_LETTERS,
    DeadLetter,
    DeadLetters,
    QueueLengths,
    letter_id,
)
from augury.application.predictions.ports.queue import Task
from augury.broker.trouble import TROUBLE, why
from augury.broker.wire import NotUnderstood, read_task
from augury.concurrency.cancellation import within
from augury.outbound.rabbitmq.hosts import first_that_answers
from augury.outbound.rabbitmq.link import CLOSING, Topology, declare_dead
from augury.outbound.rabbitmq.publisher import RabbitSettings

PATIENCE = 30.0
"""Seconds for listing, replaying or dropping, including the connection."""
Result = TypeVar("Result")


class RabbitDeadLetters(DeadLetters):
    def __init__(self, settings: RabbitSettings, topology: Topology) -> None:
        self._urls = settings.urls
        self._seconds = settings.publish_timeout.total_seconds()
        self._topology = topology

    @override
    async def lengths(self) -> QueueLengths:
        async def look(channel: AbstractChannel) -> QueueLengths:
            ready, tickets, dead = await self._queues(channel)
            return QueueLengths(ready=_length(ready), tickets=_length(tickets), dead=_length(dead))

        return await self._over(look, patience=(2 + len(self._urls)) * self._seconds)

    @override
    async def list(self, *, at_most: int, skip: int = 0) -> Sequence[DeadLetter]:
        async def look(channel: AbstractChannel) -> Sequence[DeadLetter]:
            """Acknowledge nothing: when the channel closes, all messages return to their places."""
            _, _, dead = await self._queues(channel)
            letters: list[DeadLetter] = []
            while len(letters) < min(skip + at_most, MOST_LETTERS) and (
                message := await dead.get(fail=False)
            ):
                letters.append(_letter(message))
            return letters[skip:]

        return await self._over(look)

    @override
    async def drop(self, *, at_most: int, only: str | None = None) -> int:
        async def let_go(_: AbstractChannel, message: AbstractIncomingMessage) -> None:
            await message.ack()

        return await self._each(let_go, at_most, only)

    @override
    async def replay(self, *, at_most: int, only: str | None = None) -> int:
        async def put_again(channel: AbstractChannel, message: AbstractIncomingMessage) -> None:
            await channel.default_exchange.publish(
                _again(message), self._origin(message), mandatory=True, timeout=self._seconds
            )
            await message.ack()

        return await self._each(put_again, at_most, only)

    async def _each(
        self,
        handle: Callable[[AbstractChannel, AbstractIncomingMessage], Awaitable[None]],
        at_most: int,
        only: str | None,
    ) -> int:
        """Handle the oldest messages, or only the message with this id. Returns how many were handled.
        Skipped messages return to the queue when the channel closes, perhaps in another order."""

        async def work(channel: AbstractChannel) -> int:
            _, _, dead = await self._queues(channel)
            handled = 0
            for _ in range(min(at_most if only is None else MOST_LETTERS, _length(dead))):
                message = await dead.get(fail=False)
                if message is None:
                    break
                if only is not None and _letter(message).id != only:
                    continue
                await handle(channel, message)
                handled += 1
                if only is not None:
                    break
            return handled

        return await self._over(work)

    async def _queues(self, channel: AbstractChannel) -> tuple[AbstractQueue, AbstractQueue, AbstractQueue]:
        """The queues of both lanes and of the dead letters, declared again to get their lengths."""
        tasks, bulk = [
            await channel.declare_queue(queue.name, durable=True, arguments=queue.arguments)
            for queue in (self._topology.tasks, self._topology.bulk)
        ]
        return tasks, bulk, await channel.declare_queue(self._topology.dead.name, passive=True)

    def _origin(self, message: AbstractIncomingMessage) -> str:
        """The queue in which a message died. If the broker does not say, that of the small lane."""
        died_in = _last_death(message).get("queue")
        name = died_in.decode() if isinstance(died_in, bytes) else died_in
        return self._topology.bulk.name if name == self._topology.bulk.name else self._topology.tasks.name

    async def _over(
        self, work: Callable[[AbstractChannel], Awaitable[Result]], *, patience: float = PATIENCE
    ) -> Result:
        """Run `work` with a new channel. Returns its result. Raises `Unavailable`."""

        async def done() -> Result:
            async with self._channel() as channel:
                return await work(channel)

        try:
            return await within(patience, done())
        except TROUBLE as error:
            raise Unavailable(f"RabbitMQ: {why(error)}") from error

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[AbstractChannel]:
        connection = await first_that_answers(self._urls, self._connect, trouble=TROUBLE)
        try:
            await within(self._seconds, declare_dead(connection, self._topology.dead))
            yield await within(
                self._seconds, _opened(connection.channel(publisher_confirms=True, on_return_raises=True))
            )
        finally:
            with suppress(*TROUBLE):
                await within(CLOSING, connection.close())

    async def _connect(self, url: str) -> AbstractConnection:
        connecting = aio_pika.connect(url, client_properties={"connection_name": "augury operates"})
        return await within(self._seconds, connecting)


async def _opened(channel: AbstractChannel) -> AbstractChannel:
    await channel.initialize()
    return channel


def _length(queue: AbstractQueue) -> int:
    return queue.declaration_result.message_count or 0


def _again(message: AbstractIncomingMessage) -> aio_pika.Message:
    """The same task as a new message, without the headers in which the broker recorded its death."""
    headers = {name: value for name, value in message.headers.items() if not name.startswith("x-")}
    return aio_pika.Message(
        message.body,
        headers=headers,
        content_type=message.content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        timestamp=datetime.now(UTC),
    )


def _last_death(message: AbstractIncomingMessage) -> dict[str, Any]:
    """The broker's record of the message's last death. Empty if there is none."""
    deaths: Any = message.headers.get("x-death")
    return deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}


def _letter(message: AbstractIncomingMessage) -> DeadLetter:
    last = _last_death(message)
    reason, count = last.get("reason"), last.get("count")
    put_at, died_at = _in_utc(message.timestamp), _in_utc(last.get("time"))
    return DeadLetter(
        id=letter_id(message.body, put_at, died_at),
        reason=reason.decode() if isinstance(reason, bytes) else str(reason or "unknown"),
        deaths=count if isinstance(count, int) else 0,
        died_at=died_at,
        put_at=put_at,
        size=len(message.body),
        body=message.body[:BYTES_SHOWN],
        task=_task(message.body),
    )


def _task(body: bytes) -> Task | None:
    try:
        return read_task(body)
    except NotUnderstood:
        return None


def _in_utc(time: object) -> datetime | None:
    """A time from the broker in UTC. The broker's times are in UTC even without a time zone."""
    if not isinstance(time, datetime):
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
