from dataclasses import dataclass

from augury.application.ports import Clock
from augury.application.webhooks.ports import WebhookDeliveries, Webhooks
from augury.domain.identifiers import DeliveryId, UserId, WebhookId, uuid7
from augury.domain.webhook import EventType, WebhookDisabled
from augury.domain.webhook_delivery import WebhookDelivery


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTestEvent:
    """Send the event `webhook.test` to a webhook, to test its receiver."""

    webhooks: Webhooks
    deliveries: WebhookDeliveries
    clock: Clock

    async def __call__(self, *, user_id: UserId, webhook_id: WebhookId) -> WebhookDelivery:
        """Returns the delivery, which will be sent soon. Raises `WebhookNotFound`, `WebhookDisabled`."""
        webhook = await self.webhooks.get(webhook_id, owner=user_id)
        if not webhook.is_enabled:
            raise WebhookDisabled
        now = self.clock.now()
        delivery = WebhookDelivery(
            id=DeliveryId(uuid7()),
            webhook_id=webhook_id,
            event=EventType.TEST,
            facts={"webhook_id": str(webhook_id)},
            occurred_at=now,
            due_at=now,
        )
        await self.deliveries.add(delivery)
        return delivery
