"""The broker side as an AsyncAPI document: FastStream makes it from the subscriber that the worker runs."""

from importlib.metadata import version
from typing import Any

from faststream.rabbit import RabbitBroker
from faststream.specification import AsyncAPI

from augury.application.predictions.ports import Ended, Task
from augury.bootstrap.topology import DEAD, EVENTS, FINISHED, TASKS
from augury.inbound.worker.consumer import subscribe

DESCRIPTION = f"""The API publishes accepted predictions to the quorum queue `{TASKS.name}`: 1 to 16 ids to a
message, exactly one where `attempt` is more than 1; persistent, mandatory, confirmed, its `timestamp` the
time it was put there. A request's `traceparent` (W3C Trace Context) is the header of that name where the
message has one id, else it stands in the list `traceparents`, in the order of the ids, "" for none. Workers
take the messages; what cannot be handled goes to `{DEAD.name}`. They tell the topic exchange `{EVENTS.name}`
what became final, best effort; each API process listens on a queue of its own."""


def asyncapi_document() -> dict[str, Any]:
    """AsyncAPI 3.0, made without a connection."""
    broker = RabbitBroker("amqp://rabbitmq", apply_types=False, logger=None)
    subscribe(broker, TASKS, handle=_nothing, saw=lambda _: None)
    broker.publisher(
        exchange=EVENTS,
        routing_key=FINISHED,
        schema=list[Ended],
        title=FINISHED,
        description="Predictions that became final, those of one batch together.",
        mandatory=False,
    )
    api = AsyncAPI(broker, title="Augury", version=version("augury"), description=DESCRIPTION)
    document: dict[str, Any] = api.to_specification().to_jsonable()
    document["components"]["schemas"]["Task"]["properties"].pop("traces")  # they travel in the headers
    return document


async def _nothing(_: Task) -> None:
    """Nobody runs the subscriber of a document."""
