"""RabbitMQ hands the worker its tasks, by FastStream.

A handler that returns acknowledges its message. What cannot be read or handled is rejected, which
dead-letters it; what came at the wrong time is given back. Neither holds up the others.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from aio_pika import IncomingMessage
from faststream import AckPolicy
from faststream.exceptions import NackMessage
from faststream.message import StreamMessage
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from yarl import URL

from augury.application.ports import Unavailable
from augury.application.predictions.ports import PredictionQueue, Task, UnknownPredictions
from augury.application.predictions.run_batch import PredictTimedOut
from augury.broker.wire import NotUnderstood, read_task
from augury.inbound.worker.runner import TaskRunner

CONNECTING = 5.0
"""Seconds that the broker may take to be connected."""
RECONNECTING = 1.0
"""Seconds between two attempts to connect again."""
ACKNOWLEDGING = 0.5
"""Seconds for handlers that are through to acknowledge before their channel is closed."""
log = logging.getLogger(__name__)


def create_consumer(
    url: str, *, tasks: RabbitQueue, runner: TaskRunner, queue: PredictionQueue, prefetch: int
) -> RabbitBroker:
    """A broker, not connected yet, whose subscriber hands the messages of `tasks` to the `runner`."""
    broker = RabbitBroker(
        URL(url).update_query(name="augury consumes"),
        timeout=CONNECTING,
        reconnect_interval=RECONNECTING,
        default_channel=Channel(prefetch_count=prefetch),
        graceful_timeout=ACKNOWLEDGING,
        apply_types=False,
        logger=None,  # else two lines a message; what matters is logged here
    )
    subscribe(broker, tasks, handle=runner.handle, saw=queue.saw)
    return broker


def subscribe(
    broker: RabbitBroker,
    tasks: RabbitQueue,
    *,
    handle: Callable[[Task], Awaitable[None]],
    saw: Callable[[datetime], None],
) -> None:
    """Hand the messages of `tasks` to `handle`, and to `saw` when each was put there."""

    async def read(message: StreamMessage[IncomingMessage]) -> Task:
        try:
            task = read_task(message.body, message.raw_message.headers)
        except NotUnderstood as error:
            log.warning("a message was dead-lettered: %s: %r", error, message.body[:100])
            raise
        if put_at := message.raw_message.timestamp:
            saw(put_at)
        return task

    @broker.subscriber(tasks, decoder=read, ack_policy=AckPolicy.REJECT_ON_ERROR, no_reply=True)
    async def run_predictions(task: Task) -> None:
        """Run these predictions and settle their price; a later attempt names one prediction."""
        try:
            await handle(task)
        except (Unavailable, PredictTimedOut) as error:
            log.debug("a message was given back: %s%s", error, _traced(task))
            raise NackMessage(requeue=True) from error
        except UnknownPredictions as error:
            log.warning("a message was dead-lettered: %s%s", error, _traced(task))
            raise
        except Exception:
            log.exception("a message was dead-lettered%s", _traced(task))
            raise


def _traced(task: Task) -> str:
    """The traces of its predictions, to be added to a log line."""
    return "".join(f", traceparent {trace} of {each}" for each, trace in task.traces.items())
