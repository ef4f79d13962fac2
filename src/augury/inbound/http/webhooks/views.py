"""Webhooks as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec

from augury.domain.transfer import MOST_CREDITS
from augury.domain.webhook import MOST_DESCRIPTION_CHARACTERS, DisabledWhy, Webhook
from augury.domain.webhook_address import MOST_URL_CHARACTERS

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
    """The new secret, which is shown only once. Until `overlap_until`, the secrets that signed before also
    sign."""

    secret: str
    overlap_until: datetime


class WebhookPage(msgspec.Struct, frozen=True):
    items: list[WebhookView]
    next_cursor: str | None
