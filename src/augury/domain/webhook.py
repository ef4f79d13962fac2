"""Webhooks: URLs that are called when something happens to their owner's account."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from augury.domain.errors import DomainError
from augury.domain.identifiers import UserId, WebhookId
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.text import is_storable
from augury.domain.webhook_try import GONE, TryResult

MOST_DESCRIPTION_CHARACTERS = 200
MOST_SIGNING = 10
"""Secrets that sign at the same time, after several rotations."""
PATIENCE = timedelta(days=5)
"""A webhook that fails for this long without a success is disabled."""


@dataclass(eq=False)
class WebhookNotFound(DomainError):
    """There is no such webhook, or it belongs to another user."""

    webhook_id: WebhookId


@dataclass(eq=False)
class WebhookDisabled(DomainError):
    """The webhook is disabled: enable it first."""


@dataclass(eq=False)
class TooManyWebhooks(DomainError):
    """The user has reached the limit of webhooks: delete one first."""

    most: int


@dataclass(eq=False)
class InvalidWebhook(DomainError):
    """The webhook is not valid."""

    reason: Reason


class EventType(StrEnum):
    """The events that a webhook can receive."""

    PREDICTION_FINISHED = "prediction.finished"
    BATCH_FINISHED = "batch.finished"
    BALANCE_LOW = "balance.low"
    LIMIT_REACHED = "limit.reached"
    PAYMENT_RECEIVED = "payment.received"
    MODEL_VERSION_CHANGED = "model.version_changed"
    TEST = "webhook.test"
    """Sent only on request, to any webhook."""


SUBSCRIBABLE = tuple(each for each in EventType if each is not EventType.TEST)


class DisabledWhy(StrEnum):
    BY_OWNER = "by_owner"
    GONE = "gone"
    """The receiver answered 410."""
    FAILING = "failing"
    """All attempts failed for `PATIENCE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One receiver of events, and the state of its calls."""

    id: WebhookId
    user_id: UserId
    url: str
    events: tuple[EventType, ...]
    """Without duplicates, in the order of `EventType`."""
    description: str = ""
    balance_below: int | None = None
    """`balance.low` is sent when the available credits fall below this."""
    generation: int = 1
    """The number of its secret. A rotation increases it."""
    oldest_signing: int | None = None
    """The number of the oldest secret that signs until the overlap of the last rotation is over. None: the
    one before the newest."""
    rotated_at: datetime | None = None
    created_at: datetime
    failing_since: datetime | None = None
    """The first failed attempt since the last success."""
    paused_until: datetime | None = None
    """The receiver asked to slow down: nothing is sent before this time."""
    disabled_at: datetime | None = None
    disabled_why: DisabledWhy | None = None

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None

    @property
    def is_failing(self) -> bool:
        """Whether its last try failed, or the service disabled it for its failures."""
        if self.disabled_why is None:
            return self.failing_since is not None
        return self.disabled_why is not DisabledWhy.BY_OWNER

    def wants(self, event: EventType) -> bool:
        return self.is_enabled and (event is EventType.TEST or event in self.events)

    def crossed(self, before: int, after: int) -> bool:
        """Whether the available credits fell below its threshold when they changed from `before` to
        `after`."""
        threshold = self.balance_below
        return threshold is not None and self.wants(EventType.BALANCE_LOW) and after < threshold <= before

    def checked(self) -> Self:
        """Raises `InvalidWebhook` if it has no event, has `balance.low` without a threshold, or has a
        description that cannot be stored."""
        if not self.events:
            raise InvalidWebhook(reason=Reason.of(ReasonCode.NO_EVENT))
        if EventType.BALANCE_LOW in self.events and self.balance_below is None:
            raise InvalidWebhook(reason=Reason.of(ReasonCode.NO_THRESHOLD))
        if not is_storable(self.description):
            raise InvalidWebhook(reason=Reason.of(ReasonCode.DESCRIPTION_CHARACTERS))
        return self

    def wanting(self, events: Collection[EventType]) -> Self:
        return replace(self, events=tuple(each for each in SUBSCRIBABLE if each in events))

    def rotate(self, *, at: datetime, overlap: timedelta) -> Self:
        """The webhook with a new secret. For a while, the secrets that sign now continue to sign: a receiver
        may still have the first of them if the webhook is rotated twice."""
        *_, oldest = self.generations(at=at, overlap=overlap)
        return replace(self, generation=self.generation + 1, oldest_signing=oldest, rotated_at=at)

    def generations(self, *, at: datetime, overlap: timedelta) -> tuple[int, ...]:
        """The numbers of the secrets that sign now, newest first, up to `MOST_SIGNING`."""
        if self.rotated_at is None or at >= self.rotated_at + overlap:
            return (self.generation,)
        before = self.generation - 1
        oldest = before if self.oldest_signing is None else min(before, self.oldest_signing)
        return tuple(range(self.generation, oldest - 1, -1))[:MOST_SIGNING]

    def enable(self) -> Self:
        """Enable it, and forget its failures."""
        return replace(self, disabled_at=None, disabled_why=None, failing_since=None, paused_until=None)

    def disable(self, why: DisabledWhy, *, at: datetime) -> Self:
        return self if self.disabled_at else replace(self, disabled_at=at, disabled_why=why)

    def after(self, result: TryResult, *, at: datetime) -> Self:
        """The webhook after an attempt.

        PostgreSQL does the same for many attempts in one SQL statement; the contract tests keep both equal.
        """
        paused_until = self.paused_until
        if result.pause:  # of parallel attempts, one may ask for a shorter pause than another
            paused_until = max(at + result.pause, paused_until or at)
        if result.is_success:
            return replace(self, failing_since=None, paused_until=paused_until)
        failing_since = self.failing_since or at
        failed = replace(self, failing_since=failing_since, paused_until=paused_until)
        if result.status_code == GONE:
            return failed.disable(DisabledWhy.GONE, at=at)
        return failed.disable(DisabledWhy.FAILING, at=at) if at - failing_since >= PATIENCE else failed
