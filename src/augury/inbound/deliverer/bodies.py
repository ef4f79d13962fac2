"""The bodies of webhooks: `{"type", "timestamp", "data"}`, as in Standard Webhooks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec

from augury.application.batches.ports import StoredBatch
from augury.application.ports import Json
from augury.application.predictions.ports.reads import StoredPrediction
from augury.domain.prediction import Failure, Status
from augury.domain.webhook_delivery import MOST_BODY_BYTES, WebhookDelivery

_ENVELOPE_BYTES = 2_000
"""The space for everything but the output."""
MOST_OUTPUT_BYTES = MOST_BODY_BYTES - _ENVELOPE_BYTES
_NOTHING = msgspec.Raw(b"null")


class Urls(msgspec.Struct, frozen=True):
    self_: str = msgspec.field(name="self")


class FinishedPrediction(msgspec.Struct, frozen=True):
    """A final prediction. `GET /predictions/{id}` also has refunds, the errors of rows, and warnings."""

    id: UUID
    status: Status
    model: str
    rows: int
    price: int
    charged: int
    output: msgspec.Raw
    output_omitted: bool
    """Whether the output is too large for the body and must be read at the URL."""
    error_count: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    urls: Urls
    failure: Failure | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, stored: StoredPrediction, *, base_path: str) -> Self:
        prediction, output = stored.prediction, stored.output
        is_large = stored.large_output > 0 or (output is not None and len(output) > MOST_OUTPUT_BYTES)
        return cls(
            id=prediction.id,
            status=prediction.status,
            model=str(prediction.model),
            rows=prediction.rows,
            price=prediction.price,
            charged=prediction.charged,
            output=_NOTHING if output is None or is_large else msgspec.Raw(output),
            output_omitted=is_large,
            error_count=prediction.error_count,
            created_at=prediction.created_at,
            started_at=prediction.started_at,
            finished_at=prediction.finished_at,
            urls=Urls(f"{base_path}/predictions/{prediction.id}"),
            failure=prediction.failure or msgspec.UNSET,
        )


class FinishedBatch(msgspec.Struct, frozen=True):
    """A batch that has ended."""

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
    urls: Urls

    @classmethod
    def of(cls, stored: StoredBatch, *, base_path: str) -> Self:
        batch, progress = stored.batch, stored.progress
        return cls(
            id=batch.id,
            status=progress.status,
            model=str(batch.model),
            rows=batch.rows,
            done=progress.done,
            failed=progress.failed,
            price=batch.price,
            charged=progress.charged,
            created_at=batch.created_at,
            started_at=progress.started_at,
            finished_at=progress.finished_at,
            urls=Urls(f"{base_path}/batches/{batch.id}"),
        )


class Event(msgspec.Struct, frozen=True):
    type: str
    timestamp: datetime
    data: FinishedPrediction | FinishedBatch | Mapping[str, object]


def body_of(delivery: WebhookDelivery, data: FinishedPrediction | FinishedBatch | None) -> Json:
    """The event as JSON. Without `data`, it has the delivery's own facts and the id of its subject."""
    facts: dict[str, object] = dict(delivery.facts or {})
    if delivery.subject is not None:
        facts["id"] = delivery.subject
    return Json(
        msgspec.json.encode(Event(delivery.event, delivery.occurred_at, facts if data is None else data))
    )
