"""The queues and the exchange on the broker. Both sides declare them. A queue's arguments can never change.

They work on RabbitMQ 3.10 to 4.x: nothing transient outlives its connection, and nothing is mirrored.
"""

from collections.abc import Mapping
from typing import Any

from augury.broker.objects import QuorumQueue, TopicExchange
from augury.outbound.rabbitmq.link import Topology

DEAD = QuorumQueue("ml_tasks.dead", {"x-delivery-limit": 1_000_000_000})
"""Messages that could not be handled. Listing takes them and gives them back, which a quorum queue counts as
a delivery. Without an explicit limit, RabbitMQ 4 drops a message after 20 deliveries. -1 means no limit
there, but makes 3.10 drop everything at once."""

_OF_A_LANE: Mapping[str, Any] = {
    "x-delivery-limit": 1000,  # a delivery counts even if the worker only prefetched the message
    "x-dead-letter-exchange": "",  # the default one, which routes by the queue's name
    "x-dead-letter-routing-key": DEAD.name,
}

TASKS = QuorumQueue("ml_tasks", _OF_A_LANE)
"""Predictions of the small lane that wait for a worker, many per message."""

BULK = QuorumQueue("ml_tasks.bulk", _OF_A_LANE)
"""Tickets of the bulk lane, one for each prediction that waits there."""

EVENTS = TopicExchange("augury.events")
"""The events. Each listener binds its own queue."""

FINISHED = "predictions.finished"
"""The routing key of events about predictions that became final."""

TOPOLOGY = Topology(tasks=TASKS, bulk=BULK, dead=DEAD, events=EVENTS, finished=FINISHED)
"""Everything, for the publishing side."""
