from dataclasses import dataclass

from augury.application.retrying import retried
from augury.application.webhooks.ports import Webhooks
from augury.domain.identifiers import UserId, WebhookId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteWebhook:
    """Delete a webhook and its deliveries, including those that wait."""

    webhooks: Webhooks

    async def __call__(self, *, user_id: UserId, webhook_id: WebhookId) -> None:
        """Raises `WebhookNotFound`."""
        await retried(lambda: self.webhooks.remove(webhook_id, owner=user_id))
