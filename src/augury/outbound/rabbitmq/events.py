"""Publishes events with RabbitMQ."""

from collections.abc import Sequence

from typing_extensions import override

from augury.application.predictions.ports.events import Ended, Events
from augury.broker.wire import events_body
from augury.outbound.rabbitmq.publisher import RabbitPublisher


class RabbitEvents(Events):
    def __init__(self, publisher: RabbitPublisher) -> None:
        self._publisher = publisher

    @override
    async def finished(self, ended: Sequence[Ended]) -> None:
        if ended:
            self._publisher.tell(events_body(ended))
