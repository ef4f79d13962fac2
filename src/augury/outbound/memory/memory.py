"""The store that the memory adapters share: all records in dictionaries, changed in transactions."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Self
from uuid import UUID

from augury.application.chats.ports import (
    BatchReply,
    Chat,
    ChatSignIn,
    Duty,
    Link,
    ReceivedUpdate,
    Reply,
    StarPayment,
)
from augury.application.money.ports import LedgerCheck, Statement
from augury.application.operation.ports import LedgerRun, Process
from augury.application.people.ports import ApiKey
from augury.application.ports import Clock, Json, Remembered, Unavailable
from augury.domain.api_key import Spending
from augury.domain.audit import Entry
from augury.domain.balance import Balance, TransferKind
from augury.domain.batch import Batch, SlicePlace
from augury.domain.figures import Figures, Step
from augury.domain.identifiers import BatchId, DeliveryId, PredictionId, TrainingId, UserId, WebhookId
from augury.domain.lane import Share
from augury.domain.model import Model, ModelRef
from augury.domain.model_training import ModelTraining
from augury.domain.model_upload import ModelUpload
from augury.domain.prediction import Prediction
from augury.domain.promo_code import PromoCode
from augury.domain.row_errors import RowError, RowWarning
from augury.domain.usage import Usage
from augury.domain.user import User
from augury.domain.webhook import Webhook
from augury.domain.webhook_delivery import WebhookDelivery

FIRST_LOOK = timedelta(seconds=30)
LAST_LOOK = timedelta(minutes=10)
"""Work in the bulk lane also starts with this wait: its lost messages are noticed in another way."""


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
    """The next check while queued, the end of the lease while processing."""
    wait: timedelta = FIRST_LOOK
    """From the last check to the next."""
    notify: bool = False
    bulk_cost: int | None = None
    """In the bulk lane; None for small work."""
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


def next_look(prediction: Prediction, now: datetime, wait: timedelta = FIRST_LOOK) -> datetime:
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
    """A batch, None while it is being received."""

    owner: UserId
    received_at: datetime
    batch: Batch | None = None
    closed_at: datetime | None = None
    purged_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """A refresh token. After it was replaced, it is valid only for the grace period."""

    family: UUID
    user_id: UserId
    expires_at: datetime
    replaced_at: datetime | None = None
    client: str | None = None
    begun_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """The request that an idempotency key was used for, and its time."""

    remembered: Remembered
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """The number of tries in a time window, and the end of the window."""

    hits: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class UpdateRecord:
    """An update from Telegram, None after it was handled."""

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
class Counted:
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


@dataclass(slots=True)
class State:
    """All records at one moment. Records are frozen, so a change replaces a record."""

    users: dict[UserId, UserRecord] = field(default_factory=dict)
    balances: dict[UserId, Balance] = field(default_factory=dict)
    predictions: dict[PredictionId, PredictionRecord] = field(default_factory=dict)
    statements: dict[tuple[UUID, TransferKind], Statement] = field(default_factory=dict)
    free_changes: dict[int, FreeChange] = field(default_factory=dict)
    """By their numbers, from 1."""
    idempotency_keys: dict[tuple[UserId, str], KeyRecord] = field(default_factory=dict)
    refresh_tokens: dict[bytes, TokenRecord] = field(default_factory=dict)
    api_keys: dict[bytes, ApiKey] = field(default_factory=dict)
    counted: dict[UUID, Counted] = field(default_factory=dict)
    """By API key."""
    windows: dict[str, Window] = field(default_factory=dict)
    models: dict[ModelRef, Model] = field(default_factory=dict)
    model_cards: dict[ModelRef, str] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    updates: dict[int, UpdateRecord] = field(default_factory=dict)
    replies: dict[tuple[int, int], ReplyRecord] = field(default_factory=dict)
    notices: dict[PredictionId, datetime] = field(default_factory=dict)
    batch_replies: dict[BatchId, BatchReplyRecord] = field(default_factory=dict)
    links: dict[bytes, Link] = field(default_factory=dict)
    chat_sign_ins: dict[bytes, ChatSignIn] = field(default_factory=dict)
    bots: dict[str, datetime] = field(default_factory=dict)
    payments: dict[str, StarPayment] = field(default_factory=dict)
    paid_at: dict[str, datetime] = field(default_factory=dict)
    linked_at: dict[int, datetime] = field(default_factory=dict)
    duties: dict[str, Duty] = field(default_factory=dict)
    promo_codes: dict[str, PromoCode] = field(default_factory=dict)
    redemptions: dict[tuple[str, UserId], UUID] = field(default_factory=dict)
    ledger_checks: dict[str, LedgerCheck] = field(default_factory=dict)
    runs: dict[UUID, RunRecord] = field(default_factory=dict)
    shares: dict[UserId, Share] = field(default_factory=dict)
    batches: dict[BatchId, BatchRecord] = field(default_factory=dict)
    model_uploads: dict[ModelRef, UploadRecord] = field(default_factory=dict)
    model_trainings: dict[TrainingId, TrainingRecord] = field(default_factory=dict)
    version_counts: dict[tuple[ModelRef, datetime], Usage] = field(default_factory=dict)
    """By the minute in which they were added."""
    webhooks: dict[WebhookId, Webhook] = field(default_factory=dict)
    webhooks_told: dict[WebhookId, datetime] = field(default_factory=dict)
    deliveries: dict[DeliveryId, DeliveryRecord] = field(default_factory=dict)
    audit_log: dict[UUID, Entry] = field(default_factory=dict)
    figures: dict[tuple[Step, datetime], Figures] = field(default_factory=dict)
    processes: dict[UUID, tuple[Process, datetime]] = field(default_factory=dict)
    ledger_runs: dict[UUID, tuple[LedgerRun, datetime]] = field(default_factory=dict)
    """With the last sign of life, as for processes."""

    def copy(self) -> Self:
        return type(self)(**{each.name: dict(getattr(self, each.name)) for each in fields(self)})


class Memory:
    """Holds the committed state, and lets one transaction at a time change it.

    A transaction works on a copy, which replaces the state on commit. So nobody reads uncommitted changes,
    and a rollback drops the copy. Copying takes time in proportion to the number of records, which suits
    only tests and small services.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.away = False
        """Simulates a database that is down: every access raises `Unavailable`."""
        self._state = State()
        self._turn = asyncio.Lock()

    @property
    def state(self) -> State:
        """The committed state, for reading only."""
        if self.away:
            raise Unavailable("the memory is away")
        return self._state

    def now(self) -> datetime:
        return self.clock.now()

    @asynccontextmanager
    async def change(self) -> AsyncIterator[State]:
        """A transaction. Yields a copy of the state, which is committed unless an exception is raised."""
        async with self._turn:
            draft = self.state.copy()
            yield draft
            if self.away:
                raise Unavailable("the memory is away")
            self._state = draft
