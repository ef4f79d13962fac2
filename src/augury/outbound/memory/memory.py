"""The store that the memory adapters share: all records in dictionaries, changed in transactions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Self
from uuid import UUID

from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.links import Link
from augury.application.chats.ports.payments import StarPayment
from augury.application.chats.ports.sign_ins import ChatSignIn
from augury.application.chats.ports.updates import Duty
from augury.application.money.ports import LedgerCheck, Statement
from augury.application.operation.ports import LedgerRun, Process
from augury.application.people.ports.api_keys import ApiKey
from augury.application.ports import Clock, Unavailable
from augury.domain.audit import Entry
from augury.domain.balance import Balance
from augury.domain.figures import Figures, Step
from augury.domain.identifiers import BatchId, DeliveryId, PredictionId, TrainingId, UserId, WebhookId
from augury.domain.lane import Share
from augury.domain.model import Model, ModelRef
from augury.domain.promo_code import PromoCode
from augury.domain.transfer import TransferKind
from augury.domain.usage import Usage
from augury.domain.webhook import Webhook
from augury.outbound.memory.records import (
    BatchRecord,
    BatchReplyRecord,
    DeliveryRecord,
    FreeChange,
    KeyRecord,
    PredictionRecord,
    ReplyRecord,
    RunRecord,
    SpendingRecord,
    TokenRecord,
    TrainingRecord,
    UpdateRecord,
    UploadRecord,
    UserRecord,
    Window,
)


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
    counted: dict[UUID, SpendingRecord] = field(default_factory=dict)
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
