from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from typing_extensions import override

from augury.application.webhooks.ports import WebhookDeliveries
from augury.domain.identifiers import DeliveryId, WebhookId
from augury.domain.webhook_delivery import DeliveryNotFound, DeliveryStatus, WebhookDelivery
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.records import DeliveryRecord


@dataclass(frozen=True, slots=True)
class MemoryWebhookDeliveries(WebhookDeliveries):
    memory: Memory

    @override
    async def add(self, delivery: WebhookDelivery) -> None:
        async with self.memory.change() as state:
            state.deliveries[delivery.id] = DeliveryRecord(replace(delivery, due_at=self.memory.now()))

    @override
    async def page(
        self, webhook_id: WebhookId, *, limit: int, before: DeliveryId | None = None
    ) -> Sequence[WebhookDelivery]:
        found = deliveries_of(self.memory.state, webhook_id)
        older = [each for each in found if before is None or each.id < before]
        return sorted(older, key=lambda each: each.id, reverse=True)[:limit]

    @override
    async def replay(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> WebhookDelivery:
        async with self.memory.change() as state:
            record = state.deliveries.get(delivery_id)
            if record is None or record.delivery.webhook_id != webhook_id:
                raise DeliveryNotFound(delivery_id=delivery_id)
            if record.token is None:
                record = replace(record, delivery=record.delivery.replay(at=self.memory.now()))
                state.deliveries[delivery_id] = record
        return record.delivery

    @override
    async def replay_range(
        self, webhook_id: WebhookId, *, since: datetime, until: datetime, only_failed: bool, limit: int
    ) -> int:
        async with self.memory.change() as state:
            found = [
                each
                for each in sorted(deliveries_of(state, webhook_id), key=lambda each: each.id)
                if each.due_at is None
                and since <= each.occurred_at < until
                and not (only_failed and each.status is DeliveryStatus.DELIVERED)
            ][:limit]
            for each in found:
                again = each.replay(at=self.memory.now())
                state.deliveries[each.id] = replace(state.deliveries[each.id], delivery=again)
        return len(found)


def deliveries_of(state: State, webhook_id: WebhookId) -> list[WebhookDelivery]:
    return [each.delivery for each in state.deliveries.values() if each.delivery.webhook_id == webhook_id]
