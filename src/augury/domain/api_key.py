"""API keys: their rights and spending limits."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from augury.domain.errors import DomainError
from augury.domain.model import ModelRef


class KeyScope(StrEnum):
    """A group of requests that an API key may make."""

    PREDICT = "predict"
    """Every request that changes something: submitting, canceling, deleting."""
    READ = "read"
    ADMIN = "admin"
    """Requests for administrators only. Only an administrator's key can use it."""


class Period(StrEnum):
    """The period of a spending limit: a UTC day or a UTC month."""

    DAY = "day"
    MONTH = "month"

    def ends(self, at: datetime) -> datetime:
        """The end of the period that contains `at`."""
        day = at.astimezone(UTC).date()
        following = day + timedelta(days=1) if self is Period.DAY else _first_of_next_month(day)
        return datetime(following.year, following.month, following.day, tzinfo=UTC)


def _first_of_next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


@dataclass(eq=False)
class InvalidApiKeyName(DomainError):
    """The name of an API key is empty or too long."""

    most: int
    """Characters."""


@dataclass(eq=False)
class TooManyApiKeys(DomainError):
    """The user has reached the limit of API keys: delete one first."""

    most: int


@dataclass(eq=False)
class ApiKeyNotFound(DomainError):
    """There is no such API key."""


@dataclass(eq=False)
class NotByApiKey(DomainError):
    """An API key cannot do this. Sign in with the password."""


@dataclass(eq=False)
class SpendingLimitReached(DomainError):
    """The spending limit of this API key does not cover the price."""

    period: Period
    limit: int
    spent: int
    """Spent in this period so far: charged credits, and credits held for unfinished predictions."""
    price: int
    resets_at: datetime


@dataclass(eq=False)
class ScopeMissing(DomainError):
    """This API key does not have the scope for this request."""

    scope: KeyScope


@dataclass(eq=False)
class ModelNotListed(DomainError):
    """This API key is not for this model."""

    model: str


@dataclass(eq=False)
class ExpiryNotShortened(DomainError):
    """The expiry of an API key can only be brought forward."""


@dataclass(frozen=True, slots=True)
class Spending:
    """The credits that a key has spent: charged credits, and credits held for unfinished predictions.
    Released credits do not count."""

    day: int = 0
    """In the current UTC day."""
    month: int = 0
    """In the current UTC month."""

    def plus(self, price: int) -> Self:
        return type(self)(self.day + price, self.month + price)


@dataclass(frozen=True, slots=True)
class SpendingLimits:
    """The most credits that a key may spend in a period. None: no limit."""

    day: int | None = None
    month: int | None = None

    def __bool__(self) -> bool:
        return self.day is not None or self.month is not None

    def require(self, spending: Spending, price: int, *, at: datetime) -> None:
        """Raises `SpendingLimitReached` if `price` on top of `spending` exceeds a limit. A price of 0 never
        does."""
        of_each = (Period.DAY, self.day, spending.day), (Period.MONTH, self.month, spending.month)
        for period, limit, spent in of_each:
            if price and limit is not None and spent + price > limit:
                raise SpendingLimitReached(
                    period=period, limit=limit, spent=spent, price=price, resets_at=period.ends(at)
                )


NOTHING_SPENT = Spending()
NO_LIMITS = SpendingLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTerms:
    """The rights of an API key."""

    id: UUID
    scopes: frozenset[KeyScope] = frozenset(KeyScope)
    models: frozenset[str] | None = None
    """The models that it may use, each as `name` (all versions) or `name@version`. None: all models."""
    limits: SpendingLimits = NO_LIMITS

    def require(self, scope: KeyScope, *others: KeyScope) -> None:
        """Raises `ScopeMissing` unless the key has this scope or one of the others."""
        if self.scopes.isdisjoint((scope, *others)):
            raise ScopeMissing(scope=scope)

    def require_model(self, model: ModelRef) -> None:
        """Raises `ModelNotListed`."""
        if self.models is not None and not self.models & {model.name, str(model)}:
            raise ModelNotListed(model=str(model))
