"""The messages on the broker as an AsyncAPI document, which FastStream makes from the worker's subscriber."""

from importlib.metadata import version
from typing import Any

from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange
from faststream.specification import AsyncAPI

from augury.application.predictions.ports.events import Ended
from augury.application.predictions.ports.queue import Task
from augury.bootstrap.topology import BULK, DEAD, EVENTS, FINISHED, TASKS
from augury.inbound.worker.consumer import subscribe_to_tasks, subscribe_to_tickets

DESCRIPTION = f"""The API publishes accepted predictions to the quorum queue `{TASKS.name}`. A message has 1
to 256 ids, and exactly one if `attempt` is more than 1. It is persistent, mandatory and confirmed, and its
`timestamp` is the time of publishing. If it has one id, the request's `traceparent` (W3C Trace Context) is
the header of that name. Otherwise the header `traceparents` is a list in the order of the ids, with "" for
none. Large predictions, and those beyond a user's fair share, wait in the database for the user's turn. Their
messages go to the quorum queue `{BULK.name}`. Such a message is a ticket: it lets a worker run the work whose
turn it is. Workers consume the messages of both queues; those that cannot be handled go to `{DEAD.name}`.
Workers publish the ids of final predictions to the topic exchange `{EVENTS.name}`, best effort. Each API
process listens on its own queue."""


def asyncapi_document() -> dict[str, Any]:
    """The AsyncAPI 3.0 document, made without a connection."""
    broker = RabbitBroker("amqp://rabbitmq", apply_types=False, logger=None)
    subscribe_to_tasks(broker, TASKS, handle=_nothing, saw=lambda _: None)
    subscribe_to_tickets(broker, BULK, handle=_nothing)
    broker.publisher(
        exchange=RabbitExchange(EVENTS.name, type=ExchangeType.TOPIC, durable=True),
        routing_key=FINISHED,
        schema=list[Ended],
        title=FINISHED,
        description="Predictions that became final. Those settled together are in one event. A small "
        "result is the event's `ending`. Without one, the prediction has to be read.",
        mandatory=False,
    )
    api = AsyncAPI(broker, title="Augury", version=version("augury"), description=DESCRIPTION)
    document: dict[str, Any] = api.to_specification().to_jsonable()
    schemas = document["components"]["schemas"]
    for name in ("traces", "redelivered"):  # they are headers, and a flag of the delivery
        del schemas["Task"]["properties"][name]
    schemas["Ending"]["properties"]["output"] = {"title": "Output", "default": None}  # any JSON, not a string
    _sort(document, "channels", "operations")
    _sort(document["components"], "messages", "schemas")
    return document


def _sort(part: dict[str, Any], *names: str) -> None:
    """Sort these members of `part` by name. FastStream keeps subscribers in a set of weak references, whose
    order differs between processes."""
    for name in names:
        part[name] = dict(sorted(part[name].items()))


async def _nothing(_: Task) -> None:
    """The subscriber in the document, which never runs."""
