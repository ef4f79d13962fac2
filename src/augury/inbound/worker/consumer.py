"""Receives the worker's tasks from RabbitMQ, with FastStream.

A message is acknowledged when its handler returns. A message that cannot be read or handled is rejected,
which dead-letters it. A message that cannot be handled now is requeued. Neither delays the others.
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
"""Seconds to connect to the broker."""
RECONNECTING = 1.0
"""Seconds between two attempts to reconnect."""
ACKNOWLEDGING = 0.5
"""Seconds for finished handlers to acknowledge before their channel is closed."""
log = logging.getLogger(__name__)


def create_consumer(
    url: str, *, tasks: RabbitQueue, runner: TaskRunner, queue: PredictionQueue, prefetch: int
) -> RabbitBroker:
    """Create a broker, not yet connected, whose subscriber passes the messages of `tasks` to the `runner`."""
    broker = RabbitBroker(
        URL(url).update_query(name="augury consumes"),
        timeout=CONNECTING,
        reconnect_interval=RECONNECTING,
        default_channel=Channel(prefetch_count=prefetch),
        graceful_timeout=ACKNOWLEDGING,
        apply_types=False,
        logger=None,  # FastStream would log two lines per message
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
    """Pass the messages of `tasks` to `handle`, and the time each was published to `saw`."""

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
        """Run these predictions and settle their price. A later attempt names one prediction."""
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
