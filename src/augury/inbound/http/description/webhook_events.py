"""The events that webhooks receive, as the OpenAPI document describes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from augury.domain.prediction import Failure, Status
from augury.domain.webhook import EventType

_ID = "01994d2f-7c1e-7000-8a3b-5c6d7e8f9012"
_AT = "2026-11-28T10:00:00Z"
_PREDICTION = {
    "id": _ID,
    "status": "succeeded",
    "model": "tone@1",
    "rows": 1,
    "price": 1,
    "charged": 1,
    "output": {"label": "positive", "probabilities": {"negative": 0.1, "positive": 0.9}},
    "output_omitted": False,
    "error_count": 0,
    "created_at": _AT,
    "started_at": _AT,
    "finished_at": _AT,
    "urls": {"self": f"/predictions/{_ID}"},
}
_BATCH = {
    "id": _ID,
    "status": "succeeded",
    "model": "tone@1",
    "rows": 100_000,
    "done": 99_990,
    "failed": 10,
    "price": 100_000,
    "charged": 99_990,
    "created_at": _AT,
    "started_at": _AT,
    "finished_at": _AT,
    "urls": {"self": f"/batches/{_ID}"},
}


class PredictionFinished(msgspec.Struct):
    id: UUID
    status: Status
    model: str
    rows: int
    price: int
    charged: int
    output: Any
    output_omitted: bool
    error_count: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    urls: dict[str, str]
    failure: Failure | None = None


class BatchFinished(msgspec.Struct):
    id: UUID
    status: Status
    model: str
    rows: int
    done: int
    failed: int
    price: int
    charged: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    urls: dict[str, str]


class BalanceLow(msgspec.Struct):
    available: int
    balance_below: int


class LimitReached(msgspec.Struct):
    api_key: UUID
    period: str
    limit: int
    spent: int
    resets_at: datetime


class PaymentReceived(msgspec.Struct):
    reference: UUID
    credits: int


class ModelVersionChanged(msgspec.Struct):
    model: str
    version: str
    previous: str | None


class WebhookTest(msgspec.Struct):
    webhook_id: UUID


EVENTS: Mapping[EventType, tuple[type, str, dict[str, Any]]] = {
    EventType.PREDICTION_FINISHED: (
        PredictionFinished,
        "A prediction is final: succeeded, failed, canceled or expired. If `output_omitted` is true, the "
        "output is too large for the body: read it at the URL. The slices of a batch cause no events.",
        _PREDICTION,
    ),
    EventType.BATCH_FINISHED: (BatchFinished, "All rows of a batch have ended.", _BATCH),
    EventType.BALANCE_LOW: (
        BalanceLow,
        "The available credits fell below the webhook's `balance_below`. The event is sent once, until they "
        "have reached it again.",
        {"available": 9, "balance_below": 10},
    ),
    EventType.LIMIT_REACHED: (
        LimitReached,
        "A request was refused because of the spending limit of an API key. The event is sent once per limit "
        "and period.",
        {"api_key": _ID, "period": "day", "limit": 500, "spent": 500, "resets_at": "2026-11-29T00:00:00Z"},
    ),
    EventType.PAYMENT_RECEIVED: (
        PaymentReceived,
        "A payment was credited, in Telegram or by an administrator.",
        {"reference": _ID, "credits": 500},
    ),
    EventType.MODEL_VERSION_CHANGED: (
        ModelVersionChanged,
        "Another version of a model serves the requests that name no version.",
        {"model": "tone", "version": "tone@2", "previous": "tone@1"},
    ),
    EventType.TEST: (
        WebhookTest,
        "Sent by `POST /webhooks/{webhook_id}/test`.",
        {"webhook_id": _ID},
    ),
}
"""For each event: its data, its description and an example."""
HEADERS = {
    "webhook-id": "The event's id. It is the same in every attempt: skip ids that you have already handled.",
    "webhook-timestamp": "The time of this attempt, in seconds since 1970. Refuse old ones.",
    "webhook-signature": "`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64. After a rotation "
    "there are several signatures, separated by spaces.",
}


def described_webhooks() -> tuple[dict[str, Any], dict[str, Any]]:
    """The section `webhooks` of the OpenAPI document, and the schemas that it uses."""
    types = [data for data, _, _ in EVENTS.values()]
    shapes, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    sections = {
        event.value: {"post": _operation(event, shape, description, example)}
        for (event, (_, description, example)), shape in zip(EVENTS.items(), shapes, strict=True)
    }
    return sections, schemas


def _operation(
    event: EventType, data: dict[str, Any], description: str, example: dict[str, Any]
) -> dict[str, Any]:
    body = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": event.value},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
            "data": data,
        },
        "examples": [{"type": event.value, "timestamp": _AT, "data": example}],
    }
    headers = [
        {"name": name, "in": "header", "required": True, "description": says, "schema": {"type": "string"}}
        for name, says in HEADERS.items()
    ]
    return {
        "operationId": event.value.replace(".", "_"),
        "summary": event.value,
        "description": description,
        "tags": ["Webhooks"],
        "security": [],
        "parameters": headers,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "Received. After any other status, the call is repeated."},
            "410": {"description": "The receiver is gone for good: the webhook is disabled."},
        },
    }
