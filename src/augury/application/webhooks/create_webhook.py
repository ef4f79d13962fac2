from collections.abc import Collection
from dataclasses import dataclass

from augury.application.ports import Clock
from augury.application.webhooks.ports import Addresses, Webhooks
from augury.application.webhooks.settings import WebhookSettings
from augury.domain.identifiers import UserId, WebhookId, uuid7
from augury.domain.webhook import EventType, TooManyWebhooks, Webhook
from augury.domain.webhook_address import require_callable, target_of
from augury.domain.webhook_signature import WebhookSecrets


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateWebhook:
    """Register a URL that is called when something happens. Its secret is shown only once."""

    webhooks: Webhooks
    addresses: Addresses
    secrets: WebhookSecrets
    settings: WebhookSettings
    clock: Clock

    async def __call__(
        self,
        *,
        user_id: UserId,
        url: str,
        events: Collection[EventType],
        description: str = "",
        balance_below: int | None = None,
    ) -> tuple[Webhook, str]:
        """The webhook and its secret. Raises `InvalidWebhook`, `TooManyWebhooks`, `UserNotFound`."""
        webhook = Webhook(
            id=WebhookId(uuid7()),
            user_id=user_id,
            url=url,
            events=(),
            description=description,
            balance_below=balance_below,
            created_at=self.clock.now(),
        )
        webhook = webhook.wanting(events).checked()
        target = target_of(url)
        require_callable(target, await self.addresses.of(target.host), self.settings.allow)
        if not await self.webhooks.add(webhook, most=self.settings.most):
            raise TooManyWebhooks(most=self.settings.most)
        return webhook, self.secrets.secret(webhook.id, webhook.generation)
