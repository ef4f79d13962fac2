"""Webhooks and their deliveries as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec

from augury.domain.transfer import MOST_CREDITS
from augury.domain.webhook import MOST_DESCRIPTION_CHARACTERS, DisabledWhy, EventType, Webhook
from augury.domain.webhook_address import MOST_URL_CHARACTERS
from augury.domain.webhook_delivery import DeliveryStatus, WebhookDelivery
from augury.domain.webhook_try import TryError

Url = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=MOST_URL_CHARACTERS,
        description="An `https://` URL whose name resolves only to public addresses.",
        examples=["https://example.com/hooks/augury"],
    ),
]
Event = Literal[
    "prediction.finished",
    "batch.finished",
    "balance.low",
    "limit.reached",
    "payment.received",
    "model.version_changed",
]
"""The events that a webhook can receive: `SUBSCRIBABLE`."""
Events = Annotated[list[Event], msgspec.Meta(min_length=1, max_length=20, examples=[["prediction.finished"]])]
Description = Annotated[str, msgspec.Meta(max_length=MOST_DESCRIPTION_CHARACTERS)]
Threshold = Annotated[
    int,
    msgspec.Meta(
        ge=1,
        le=MOST_CREDITS,
        description="`balance.low` is sent when the available credits fall below it.",
    ),
]


class NewWebhook(msgspec.Struct, forbid_unknown_fields=True):
    url: Url
    events: Events
    description: Description = ""
    balance_below: Threshold | None = None


class WebhookPatch(msgspec.Struct, forbid_unknown_fields=True):
    """The members to change. A member that is missing or null stays as it is."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    balance_below: Threshold | None = None
    enabled: bool | None = None


class WebhookView(msgspec.Struct, frozen=True):
    """A webhook. `failing_since` is the first failed attempt since the last success. After five days of
    failures the webhook is disabled. `disabled_why` is the reason why it is disabled."""

    id: UUID
    url: str
    events: list[str]
    description: str
    balance_below: int | None
    enabled: bool
    disabled_at: datetime | None
    disabled_why: DisabledWhy | None
    failing_since: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        return cls(
            id=webhook.id,
            url=webhook.url,
            events=list(webhook.events),
            description=webhook.description,
            balance_below=webhook.balance_below,
            enabled=webhook.is_enabled,
            disabled_at=webhook.disabled_at,
            disabled_why=webhook.disabled_why,
            failing_since=webhook.failing_since,
            created_at=webhook.created_at,
        )


class CreatedWebhook(msgspec.Struct, frozen=True):
    """A new webhook. `secret` is shown only once."""

    webhook: WebhookView
    secret: Annotated[str, msgspec.Meta(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA="])]


class RotatedSecretView(msgspec.Struct, frozen=True):
    """The new secret, which is shown only once. Until `overlap_until`, the old secret also signs."""

    secret: str
    overlap_until: datetime


class WebhookPage(msgspec.Struct, frozen=True):
    items: list[WebhookView]
    next_cursor: str | None


class DeliveryView(msgspec.Struct, frozen=True):
    """An event for a webhook, with its newest attempt: the status of the answer, or the `error` if there was
    none. `id` is the `webhook-id` that the receiver gets."""

    id: UUID
    event: EventType
    subject: UUID | None
    """The prediction or batch of the event."""
    status: DeliveryStatus
    tries: int
    occurred_at: datetime
    next_try_at: datetime | None
    last_try_at: datetime | None
    status_code: int | None
    error: TryError | None
    duration_ms: int | None
    finished_at: datetime | None

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> Self:
        last = delivery.last
        return cls(
            id=delivery.id,
            event=delivery.event,
            subject=delivery.subject,
            status=delivery.status,
            tries=delivery.tries,
            occurred_at=delivery.occurred_at,
            next_try_at=delivery.due_at,
            last_try_at=last.at if last else None,
            status_code=last.result.status_code if last else None,
            error=last.result.error if last else None,
            duration_ms=round(last.result.took.total_seconds() * 1000) if last else None,
            finished_at=delivery.finished_at,
        )


class DeliveryPage(msgspec.Struct, frozen=True):
    items: list[DeliveryView]
    next_cursor: str | None


class Replay(msgspec.Struct, forbid_unknown_fields=True):
    """Either `delivery_id`, or the period in which the events occurred."""

    delivery_id: UUID | None = None
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    only_failed: bool = False


class DeliveriesReplayed(msgspec.Struct, frozen=True):
    """The number of deliveries that are sent again."""

    replayed: int
