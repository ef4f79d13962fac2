"""Deliveries: an event for a webhook, sent again until the receiver has it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self, TypeAlias
from uuid import UUID

from augury.domain.errors import DomainError
from augury.domain.identifiers import DeliveryId, WebhookId
from augury.domain.model import ModelRef
from augury.domain.webhook import EventType
from augury.domain.webhook_try import TryError, TryResult

Facts: TypeAlias = Mapping[str, str | int | None]
"""The facts of an event, besides the record that it names."""
MOST_BODY_BYTES = 20_000
"""The maximum size of a webhook's body, in bytes. Larger outputs are left out, and can be read at their
URL."""


@dataclass(eq=False)
class DeliveryNotFound(DomainError):
    """There is no such delivery of this webhook."""

    delivery_id: DeliveryId


class DeliveryStatus(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    """No further attempt is made."""
    DROPPED = "dropped"
    """The webhook was disabled before the delivery succeeded."""


@dataclass(frozen=True, slots=True)
class LastTry:
    """The newest attempt of a delivery."""

    at: datetime
    result: TryResult


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One event on its way to one webhook."""

    id: DeliveryId
    """The receiver gets it as `webhook-id`. It is the same in every attempt."""
    webhook_id: WebhookId
    event: EventType
    subject: UUID | None = None
    """The prediction or batch of the event."""
    facts: Facts | None = None
    occurred_at: datetime
    status: DeliveryStatus = DeliveryStatus.WAITING
    tries: int = 0
    due_at: datetime | None
    """The time of the next attempt. During an attempt: the time at which another process may take over the
    delivery. None: no more attempts."""
    last: LastTry | None = None
    finished_at: datetime | None = None

    def after(self, result: TryResult, *, wait: timedelta | None, at: datetime) -> Self:
        """The delivery after an attempt. The next attempt follows after `wait`."""
        tried = replace(self, tries=self.tries + 1, last=LastTry(at, result))
        if wait is not None:
            return replace(tried, due_at=at + wait)
        status = DeliveryStatus.DELIVERED if result.is_success else DeliveryStatus.FAILED
        return replace(tried, status=status, due_at=None, finished_at=at)

    def drop(self, *, at: datetime) -> Self:
        return replace(self, status=DeliveryStatus.DROPPED, due_at=None, finished_at=at)

    def replay(self, *, at: datetime) -> Self:
        """The delivery, due at once and with all its attempts ahead."""
        return replace(self, status=DeliveryStatus.WAITING, tries=0, due_at=at, finished_at=None)


def last_try(
    at: datetime | None, status_code: int | None, error: str | None, milliseconds: int | None
) -> LastTry | None:
    """An attempt from its stored columns."""
    if at is None:
        return None
    took = timedelta(milliseconds=milliseconds or 0)
    return LastTry(
        at, TryResult(status_code=status_code, error=TryError(error) if error else None, took=took)
    )


def facts_of_version(active: ModelRef, previous: ModelRef | None) -> Facts:
    """The facts of `EventType.MODEL_VERSION_CHANGED`."""
    return {"model": active.name, "version": str(active), "previous": str(previous) if previous else None}
