"""A prediction's life: queued → processing → succeeded | failed; canceled or expired from queued."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from augury.domain.balance import Transfer, settlement
from augury.domain.errors import DomainError
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.model import ModelRef
from augury.domain.row_errors import RowError

MOST_ATTEMPTS = 3
"""How often a prediction may be begun and not ended (its worker died under it) before it fails."""


@dataclass(eq=False)
class PredictionNotFound(DomainError):
    """There is no such prediction, or it is somebody else's."""

    prediction_id: PredictionId


@dataclass(eq=False)
class WrongStatus(DomainError):
    """The prediction's status does not allow this."""

    status: "Status"


@dataclass(eq=False)
class NoValidRow(DomainError):
    """No row fits the model's input schema; nothing was charged."""

    errors: tuple[RowError, ...]


@dataclass(eq=False)
class NoRows(DomainError):
    """There are no rows: a prediction takes one at least."""


@dataclass(eq=False)
class TooManyRows(DomainError):
    """There are more rows than a prediction may have."""

    rows: int
    most: int


@dataclass(eq=False)
class ExpiresTooLate(DomainError):
    """A prediction may not wait so long for its start."""

    expires_in: int
    """Seconds, as `most`."""
    most: int

    def __str__(self) -> str:
        return f"A prediction waits {self.most} seconds at most for its start, not {self.expires_in}."


@dataclass(eq=False)
class TooManyPending(DomainError):
    """Too many predictions are waiting: try again later."""

    pending: int
    most: int
    retry_after: int
    """Seconds."""


@dataclass(eq=False)
class IdempotencyConflict(DomainError):
    """This idempotency key was used for another request."""


@dataclass(eq=False)
class NotRefundable(DomainError):
    """A refund gives back no more than what the prediction was charged."""

    charged: int


@dataclass(eq=False)
class AlreadyRefunded(DomainError):
    """This prediction was refunded before."""


class Status(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        return self not in (Status.QUEUED, Status.PROCESSING)


class Failure(StrEnum):
    """Why a prediction failed."""

    NO_VALID_ROW = "no_valid_row"
    MODEL_UNAVAILABLE = "model_unavailable"
    TOO_MANY_ATTEMPTS = "too_many_attempts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One or many rows sent to one model by one user, for a price agreed when it was accepted.

    The rows themselves and the model's answers are no part of it: they are large, opaque to every
    decision, and travel beside it as JSON text.

    `start` and `hand_back` run in the memory adapter alone: PostgreSQL claims and hands back a whole batch in
    one statement each, whose SQL says the same. The contract tests hold the two together.
    """

    id: PredictionId
    user_id: UserId
    model: ModelRef
    rows: int
    row_price: int
    status: Status = Status.QUEUED
    attempts: int = 0
    """How often a worker began it and did not hand it back."""
    created_at: datetime
    expires_at: datetime | None = None
    """When it expires unless it has started."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    valid_rows: int = 0
    """The rows that were predicted, which are the rows that are charged."""
    failure: Failure | None = None
    single: bool = False
    """Whether the data was one object, so that the output is one as well."""

    @property
    def price(self) -> int:
        """Credits held while it is under way."""
        return self.row_price * self.rows

    @property
    def charged(self) -> int:
        """Credits captured: nothing until it is final."""
        return self.row_price * self.valid_rows

    def settlement(self) -> tuple[Transfer, ...]:
        """The transfers that end this prediction's hold, now that it is final."""
        if not self.status.is_final:
            raise WrongStatus(status=self.status)
        return settlement(self.user_id, price=self.price, charged=self.charged, reference=self.id)

    def refundable(self, amount: int | None) -> int:
        """What a refund of `amount` gives back, without one all that was charged. Raises `NotRefundable`."""
        wanted = self.charged if amount is None else amount
        if not 0 < wanted <= self.charged:
            raise NotRefundable(charged=self.charged)
        return wanted

    def start(self, *, at: datetime) -> Self:
        """A worker has claimed it."""
        self._require(Status.QUEUED)
        return replace(self, status=Status.PROCESSING, attempts=self.attempts + 1, started_at=at)

    def finish(self, *, valid_rows: int, at: datetime) -> Self:
        """The model has answered `valid_rows` of the rows; with none it has failed."""
        self._require(Status.PROCESSING)
        if valid_rows == 0:
            return self.fail(Failure.NO_VALID_ROW, at=at)
        return replace(self, status=Status.SUCCEEDED, valid_rows=valid_rows, finished_at=at)

    def fail(self, failure: Failure, *, at: datetime) -> Self:
        self._require(Status.PROCESSING)
        return replace(self, status=Status.FAILED, failure=failure, finished_at=at)

    def hand_back(self) -> Self:
        """Its worker stops before the end and says so: this attempt does not count."""
        self._require(Status.PROCESSING)
        return replace(self, status=Status.QUEUED, attempts=self.attempts - 1, started_at=None)

    def abandon(self, *, at: datetime) -> Self:
        """Its worker's lease ended without a word: queue it again, or give up after the last attempt."""
        self._require(Status.PROCESSING)
        if self.attempts >= MOST_ATTEMPTS:
            return self.fail(Failure.TOO_MANY_ATTEMPTS, at=at)
        return replace(self, status=Status.QUEUED, started_at=None)

    def cancel(self, *, at: datetime) -> Self:
        self._require(Status.QUEUED)
        return replace(self, status=Status.CANCELED, finished_at=at)

    def expire(self, *, at: datetime) -> Self:
        self._require(Status.QUEUED)
        return replace(self, status=Status.EXPIRED, finished_at=at)

    def _require(self, status: Status) -> None:
        if self.status is not status:
            raise WrongStatus(status=self.status)
