from dataclasses import dataclass
from datetime import datetime

from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.application.webhooks.ports import Webhooks
from augury.application.webhooks.settings import WebhookSettings
from augury.domain.identifiers import UserId, WebhookId
from augury.domain.webhook import Webhook
from augury.domain.webhook_signature import WebhookSecrets


@dataclass(frozen=True, slots=True)
class RotatedSecret:
    """A new secret, and the time until which the older ones also sign."""

    secret: str
    overlap_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateSecret:
    """Give a webhook a new secret, which is shown only once. For a while the secrets that signed before also
    sign, so that the receiver can be changed without losing a delivery."""

    webhooks: Webhooks
    secrets: WebhookSecrets
    settings: WebhookSettings
    clock: Clock

    async def __call__(self, *, user_id: UserId, webhook_id: WebhookId) -> RotatedSecret:
        """Raises `WebhookNotFound`."""
        now, overlap = self.clock.now(), self.settings.rotation_overlap

        def rotated(webhook: Webhook) -> Webhook:
            return webhook.rotate(at=now, overlap=overlap)

        changed = await retried(lambda: self.webhooks.change(webhook_id, rotated, owner=user_id))
        return RotatedSecret(self.secrets.secret(webhook_id, changed.generation), now + overlap)
