"""What exists on the broker. Both sides declare it; a queue's arguments can never be changed afterwards.

All of it works on RabbitMQ 3.10 to 4.x: nothing transient that outlives its connection, nothing mirrored.
"""

from faststream.rabbit import ExchangeType, QueueType, RabbitExchange, RabbitQueue

from augury.outbound.rabbitmq.link import Topology

DEAD = RabbitQueue(
    "ml_tasks.dead",
    queue_type=QueueType.QUORUM,
    arguments={"x-delivery-limit": 1_000_000_000},
)
"""What could not be handled. To list it is to take and give back, which a quorum queue counts as a delivery.
Without a limit of its own, RabbitMQ 4 drops what was delivered 20 times; -1, which means never there, makes
3.10 drop everything at once."""

TASKS = RabbitQueue(
    "ml_tasks",
    queue_type=QueueType.QUORUM,
    arguments={
        "x-delivery-limit": 1000,  # counts what was merely prefetched by a worker that stopped, too
        "x-dead-letter-exchange": "",  # the default one, which routes by the queue's name
        "x-dead-letter-routing-key": DEAD.name,
    },
)
"""Predictions that wait for a worker, up to 16 to a message."""

EVENTS = RabbitExchange("augury.events", type=ExchangeType.TOPIC, durable=True)
"""What the world is told; whoever listens binds a queue of its own."""

FINISHED = "predictions.finished"
"""The routing key of events about predictions that became final."""

TOPOLOGY = Topology(tasks=TASKS, dead=DEAD, events=EVENTS, finished=FINISHED)
"""All of it, for the side that publishes."""
