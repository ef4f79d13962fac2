"""Problems with webhooks and their deliveries."""

from collections.abc import Mapping

from augury.domain.errors import DomainError
from augury.domain.webhook import InvalidWebhook, TooManyWebhooks, WebhookDisabled, WebhookNotFound
from augury.domain.webhook_delivery import DeliveryNotFound
from augury.inbound.http.problems.refusals import Kind, named

KINDS: Mapping[type[DomainError], Kind] = {
    WebhookNotFound: Kind(404, "webhook-not-found", "No such webhook"),
    DeliveryNotFound: Kind(404, "delivery-not-found", "No such delivery"),
    InvalidWebhook: Kind(
        422, "invalid-webhook", "Invalid webhook", named("reason"), "The webhook is not valid: {reason}."
    ),
    TooManyWebhooks: Kind(
        409,
        "too-many-webhooks",
        "Too many webhooks",
        named("most"),
        "A user can have at most {most} webhooks. Delete one first.",
    ),
    WebhookDisabled: Kind(
        409,
        "webhook-disabled",
        "The webhook is disabled",
        {},
        "The webhook is disabled. Enable it first: `PATCH` it with `enabled`.",
    ),
}
