from dataclasses import dataclass
from datetime import datetime

from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.application.webhooks.ports import Webhooks
from augury.application.webhooks.settings import WebhookSettings
from augury.domain.identifiers import UserId, WebhookId
from augury.domain.webhook_signature import WebhookSecrets


@dataclass(frozen=True, slots=True)
class RotatedSecret:
    """A new secret, and the time until which the old one also signs."""

    secret: str
    overlap_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateSecret:
    """Give a webhook a new secret, which is shown only once. For a while the old secret also signs, so that
    the receiver can be changed without losing a delivery."""

    webhooks: Webhooks
    secrets: WebhookSecrets
    settings: WebhookSettings
    clock: Clock

    async def __call__(self, *, user_id: UserId, webhook_id: WebhookId) -> RotatedSecret:
        """Raises `WebhookNotFound`."""
        now = self.clock.now()
        rotated = await retried(
            lambda: self.webhooks.change(webhook_id, lambda found: found.rotate(at=now), owner=user_id)
        )
        secret = self.secrets.secret(webhook_id, rotated.generation)
        return RotatedSecret(secret, now + self.settings.rotation_overlap)
