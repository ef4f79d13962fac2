import random
from dataclasses import dataclass
from importlib.metadata import version

from augury.application.ports import Clock, Json
from augury.application.webhooks.ports import DueDelivery, Tried, WebhookSender
from augury.application.webhooks.settings import WebhookSettings
from augury.domain.webhook_signature import WebhookSecrets

USER_AGENT = f"Augury/{version('augury')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverWebhook:
    """Sign an event and send it once."""

    sender: WebhookSender
    secrets: WebhookSecrets
    settings: WebhookSettings
    clock: Clock

    async def __call__(self, due: DueDelivery, body: Json) -> Tried:
        """The result, and the time of the next attempt."""
        delivery, hook, now = due.delivery, due.webhook, self.clock.now()
        generations = hook.generations(at=now, overlap=self.settings.rotation_overlap)
        headers = {
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            "webhook-id": str(delivery.id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.secrets.signatures(hook.id, generations, delivery.id, now, body),
        }
        result = await self.sender.send(hook.url, headers, body)
        return Tried(delivery, result, result.wait(delivery.tries + 1, jitter=random.random()))
