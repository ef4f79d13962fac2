"""Events over RabbitMQ."""

from collections.abc import Sequence

import msgspec
from typing_extensions import override

from augury.application.predictions.ports import Ended, Events
from augury.outbound.rabbitmq.publisher import RabbitPublisher


class RabbitEvents(Events):
    def __init__(self, publisher: RabbitPublisher) -> None:
        self._publisher = publisher

    @override
    async def finished(self, ended: Sequence[Ended]) -> None:
        if ended:
            self._publisher.tell(msgspec.json.encode(ended))
