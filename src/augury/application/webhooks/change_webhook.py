from collections.abc import Collection
from dataclasses import dataclass, replace

from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.application.webhooks.ports import Addresses, Webhooks
from augury.application.webhooks.settings import WebhookSettings
from augury.domain.identifiers import UserId, WebhookId
from augury.domain.webhook import DisabledWhy, EventType, Webhook
from augury.domain.webhook_address import require_callable, target_of


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChange:
    """The changes. None leaves a value unchanged."""

    url: str | None = None
    events: Collection[EventType] | None = None
    description: str | None = None
    balance_below: int | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWebhook:
    """Change, disable or re-enable a webhook. Its secret stays the same."""

    webhooks: Webhooks
    addresses: Addresses
    settings: WebhookSettings
    clock: Clock

    async def __call__(self, *, user_id: UserId, webhook_id: WebhookId, change: WebhookChange) -> Webhook:
        """Raises `WebhookNotFound`, `InvalidWebhook`."""
        await self.webhooks.get(webhook_id, owner=user_id)
        if change.url is not None:
            target = target_of(change.url)
            require_callable(target, await self.addresses.of(target.host), self.settings.allow)

        def changed(webhook: Webhook) -> Webhook:
            webhook = webhook if change.events is None else webhook.wanting(change.events)
            if change.enabled is not None:
                disabled = webhook.disable(DisabledWhy.BY_OWNER, at=self.clock.now())
                webhook = webhook.enable() if change.enabled else disabled
            return replace(
                webhook,
                url=webhook.url if change.url is None else change.url,
                description=webhook.description if change.description is None else change.description,
                balance_below=webhook.balance_below if change.balance_below is None else change.balance_below,
            ).checked()

        return await retried(lambda: self.webhooks.change(webhook_id, changed, owner=user_id))
