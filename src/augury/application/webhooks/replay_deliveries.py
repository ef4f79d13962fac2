from dataclasses import dataclass
from datetime import datetime

from augury.application.ports import Clock
from augury.application.webhooks.ports import WebhookDeliveries, Webhooks
from augury.domain.identifiers import DeliveryId, UserId, WebhookId
from augury.domain.webhook import WebhookDisabled

AT_ONCE = 10_000
"""The most deliveries that one call sends again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEvents:
    """The events that occurred in this time."""

    since: datetime
    until: datetime | None = None
    """None: now."""
    only_failed: bool = False
    """Whether delivered events are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayDeliveries:
    """Send one delivery of a webhook again, or all of a period, oldest first: at most 10,000 in one call."""

    webhooks: Webhooks
    deliveries: WebhookDeliveries
    clock: Clock

    async def __call__(self, *, user_id: UserId, webhook_id: WebhookId, what: DeliveryId | PastEvents) -> int:
        """Returns the number of deliveries that are sent again. They keep their ids, so that a receiver can
        recognize repeated events. Raises `WebhookNotFound`, `WebhookDisabled`, `DeliveryNotFound`."""
        webhook = await self.webhooks.get(webhook_id, owner=user_id)
        if not webhook.is_enabled:
            raise WebhookDisabled
        if not isinstance(what, PastEvents):
            await self.deliveries.replay(webhook_id, what)
            return 1
        return await self.deliveries.replay_range(
            webhook_id,
            since=what.since,
            until=what.until or self.clock.now(),
            only_failed=what.only_failed,
            limit=AT_ONCE,
        )
