"""The queues of both lanes on RabbitMQ."""

from collections.abc import Sequence
from datetime import UTC, datetime

from typing_extensions import override

from augury.application.ports import Unavailable
from augury.application.predictions.ports.queue import NO_COSTS, NO_TRACES, Costs, PredictionQueue, Traces
from augury.domain.identifiers import PredictionId
from augury.domain.lane import Lane
from augury.outbound.rabbitmq.publisher import RabbitPublisher


class RabbitPredictionQueue(PredictionQueue):
    def __init__(self, publisher: RabbitPublisher) -> None:
        self._publisher = publisher
        self._seen: datetime | None = None

    @override
    def put(
        self,
        ids: Sequence[PredictionId],
        *,
        attempt: int = 1,
        traces: Traces = NO_TRACES,
        lane: Lane = Lane.SMALL,
        costs: Costs = NO_COSTS,
    ) -> None:
        self._publisher.put(ids, attempt, traces, lane, costs)

    @override
    def saw(self, put_at: datetime) -> None:
        if put_at <= datetime.now(UTC):  # a clock that is ahead would make all predictions count as lost
            self._seen = max(self._seen or put_at, put_at)

    @override
    async def passed(self) -> datetime | None:
        now = datetime.now(UTC)
        try:
            return self._seen if await self._publisher.waiting() else now
        except Unavailable:
            return None

    @override
    async def has_tickets(self) -> bool:
        try:
            return bool(await self._publisher.waiting(Lane.BULK))
        except Unavailable:
            return True
