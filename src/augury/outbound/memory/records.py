"""The records of the memory adapters: what PostgreSQL has as rows of tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Self
from uuid import UUID

from augury.application.chats.ports.results import BatchReply, Reply
from augury.application.chats.ports.updates import ReceivedUpdate
from augury.application.ports import Json
from augury.application.predictions.ports.sweeping import FIRST_CHECK
from augury.domain.api_key import Spending
from augury.domain.batch import Batch, SlicePlace
from augury.domain.idempotency import Remembered
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.model_training import ModelTraining
from augury.domain.model_upload import ModelUpload
from augury.domain.prediction import Prediction
from augury.domain.row_errors import RowError, RowWarning
from augury.domain.user import User
from augury.domain.webhook_delivery import WebhookDelivery


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRecord:
    user: User
    password_hash: str | None = None
    guest_key: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionRecord:
    """A prediction with its rows, its answers, its lease, and the time of the sweeper's next check."""

    prediction: Prediction
    input: Json
    output: Json | None = None
    errors: Sequence[RowError] = ()
    warnings: Sequence[RowWarning] = ()
    token: UUID | None = None
    put_at: datetime
    """When it was last put on the queue."""
    due_at: datetime
    """While queued, the time of the next check; while processing, the end of the lease."""
    wait: timedelta = FIRST_CHECK
    """From the last check to the next."""
    notify: bool = False
    bulk_cost: int | None = None
    """The cost in the bulk lane. None for small work."""
    in_bulk: bool = False
    """Whether it waits for its user's turn in the bulk lane."""
    place: SlicePlace | None = None
    explain: int | None = None
    """How many features of each row are explained. None: no explanation."""
    key_id: UUID | None = None
    """The API key with spending limits that requested it."""
    counted_on: date | None = None
    """The UTC day on which its price counts."""
    top: int | None = None
    """The number of classes that each answer lists. None: up to `Limits.max_classes`."""

    def forgotten(self) -> Self:
        """The record without the user's input and the answers."""
        return replace(self, input=Json(b""), output=None, errors=(), warnings=())


def next_check(prediction: Prediction, now: datetime, wait: timedelta = FIRST_CHECK) -> datetime:
    """The time to check a queued prediction again, at the latest when it expires."""
    return min(now + wait, prediction.expires_at or datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """Predictions that a worker has begun together, and its last sign of life."""

    ids: Sequence[PredictionId]
    begun_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRecord:
    """A batch. `batch` is None while its rows are being received."""

    owner: UserId
    received_at: datetime
    batch: Batch | None = None
    closed_at: datetime | None = None
    purged_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """A refresh token. After its replacement, it is valid only for the grace period."""

    family: UUID
    user_id: UserId
    expires_at: datetime
    replaced_at: datetime | None = None
    client: str | None = None
    begun_at: datetime | None = None
    chat_id: int | None = None


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """The request that an idempotency key was used for, and its time."""

    remembered: Remembered
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """The number of attempts in a time window, and the end of the window."""

    hits: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class UpdateRecord:
    """An update from Telegram. `update` is None after it was handled."""

    update: ReceivedUpdate | None
    received_at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class ReplyRecord:
    reply: Reply
    created_at: datetime
    sheet: Json | None = None


@dataclass(frozen=True, slots=True)
class BatchReplyRecord:
    """`due_at` is None once the results were delivered."""

    reply: BatchReply
    created_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class SpendingRecord:
    """The spending of a key with limits. `on` is the UTC day of the last count."""

    spending: Spending
    on: date


@dataclass(frozen=True, slots=True)
class UploadRecord:
    upload: ModelUpload
    due_at: datetime
    """When a worker may take it; after a check, when it was recorded."""


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    training: ModelTraining
    due_at: datetime
    """When a worker may take it."""


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery of a webhook, and the process that is sending it."""

    delivery: WebhookDelivery
    token: UUID | None = None
    once: str | None = None
    """An event with this name is sent to a webhook only once."""


@dataclass(frozen=True, slots=True)
class FreeChange:
    """The acceptance or the end of a prediction without a price, which moves no credits."""

    user_id: UserId
    prediction_id: PredictionId
    ended: bool
    at: datetime
