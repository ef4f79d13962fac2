"""Receives the worker's tasks from RabbitMQ, with FastStream.

A message is acknowledged when its handler returns. A message that cannot be read or handled is rejected,
which dead-letters it. A message that cannot be handled now is requeued. Neither delays the others.
"""

import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from aio_pika import IncomingMessage
from faststream import AckPolicy
from faststream.exceptions import NackMessage
from faststream.message import StreamMessage
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from yarl import URL

from augury.application.ports import Unavailable
from augury.application.predictions.execution import PredictTimedOut
from augury.application.predictions.ports.queue import PredictionQueue, Task, UnknownPredictions
from augury.broker.objects import QuorumQueue
from augury.broker.wire import NotUnderstood, read_task
from augury.inbound.worker.runner import TaskRunner

CONNECTING = 5.0
"""Seconds to connect to the broker."""
RECONNECTING = 1.0
"""Seconds between two attempts to reconnect."""
ACKNOWLEDGING = 0.5
"""Seconds for finished handlers to acknowledge before their channel is closed."""
HIGHEST_PRIORITY = 1_000_000
log = logging.getLogger(__name__)


def create_consumer(
    url: str,
    *,
    tasks: QuorumQueue,
    bulk: QuorumQueue,
    runner: TaskRunner,
    queue: PredictionQueue,
    prefetch: int,
) -> RabbitBroker:
    """Create a broker, not yet connected, whose subscribers pass both lanes' messages to the `runner`."""
    # The worker of the highest priority gets messages until it holds `prefetch` of them, then the next one.
    # So runs stay large if there are more workers than work.
    priority = random.randint(1, HIGHEST_PRIORITY)
    broker = RabbitBroker(
        URL(url).update_query(name="augury consumes"),
        timeout=CONNECTING,
        reconnect_interval=RECONNECTING,
        default_channel=Channel(prefetch_count=prefetch),
        graceful_timeout=ACKNOWLEDGING,
        apply_types=False,
        logger=None,  # FastStream would log two lines per message
    )
    subscribe_to_tasks(broker, tasks, handle=runner.handle, saw=queue.saw, priority=priority)
    subscribe_to_tickets(broker, bulk, handle=runner.handle_ticket)
    return broker


def subscribe_to_tasks(
    broker: RabbitBroker,
    tasks: QuorumQueue,
    *,
    handle: Callable[[Task], Awaitable[None]],
    saw: Callable[[datetime], None],
    priority: int = 0,
) -> None:
    """Pass the messages of `tasks` to `handle`, and the time each was published to `saw`. The broker prefers
    the consumer of the highest `priority`, as long as its prefetch allows."""

    async def read(message: StreamMessage[IncomingMessage]) -> Task:
        task = _read(message)
        if put_at := message.raw_message.timestamp:
            saw(put_at)
        return task

    @broker.subscriber(
        _declared(tasks),
        decoder=read,
        ack_policy=AckPolicy.REJECT_ON_ERROR,
        no_reply=True,
        consume_args={"x-priority": priority},
    )
    async def run_predictions(task: Task) -> None:
        """Run these predictions and settle their price. A later attempt names one prediction."""
        await _handled(handle, task)


def subscribe_to_tickets(
    broker: RabbitBroker, bulk: QuorumQueue, *, handle: Callable[[Task], Awaitable[None]]
) -> None:
    """Pass the messages of `bulk` to `handle`, one at a time, over a separate channel."""

    async def read(message: StreamMessage[IncomingMessage]) -> Task:
        return _read(message)

    @broker.subscriber(
        _declared(bulk),
        decoder=read,
        ack_policy=AckPolicy.REJECT_ON_ERROR,
        no_reply=True,
        channel=Channel(prefetch_count=1),
    )
    async def run_next(ticket: Task) -> None:
        """Run the next work of the bulk lane and settle its price: not necessarily the prediction that this
        message names."""
        await _handled(handle, ticket)


def _declared(queue: QuorumQueue) -> RabbitQueue:
    more: Any = dict(queue.more)
    return RabbitQueue(queue.name, queue_type=QueueType.QUORUM, arguments=more)


def _read(message: StreamMessage[IncomingMessage]) -> Task:
    try:
        raw = message.raw_message
        return read_task(message.body, raw.headers, redelivered=bool(raw.redelivered))
    except NotUnderstood as error:
        log.warning("a message was dead-lettered: %s: %r", error, message.body[:100])
        raise


async def _handled(handle: Callable[[Task], Awaitable[None]], task: Task) -> None:
    """Handle a task. An exception decides whether its message is acknowledged, requeued or dead-lettered."""
    try:
        await handle(task)
    except (Unavailable, PredictTimedOut) as error:
        log.debug("a message was requeued: %s%s", error, _traced(task))
        raise NackMessage(requeue=True) from error
    except UnknownPredictions as error:
        log.warning("a message was dead-lettered: %s%s", error, _traced(task))
        raise
    except Exception:
        log.exception("a message was dead-lettered%s", _traced(task))
        raise


def _traced(task: Task) -> str:
    """The traces of the task's predictions, as the end of a log line."""
    return "".join(f", traceparent {trace} of {each}" for each, trace in task.traces.items())
