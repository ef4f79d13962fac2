"""A prediction's life: queued → processing → succeeded | failed; canceled or expired from queued."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from augury.domain.errors import DomainError
from augury.domain.identifiers import BatchId, PredictionId, UserId
from augury.domain.model import ModelRef
from augury.domain.pricing import price_of
from augury.domain.transfer import Transfer, settlement

MOST_ATTEMPTS = 3
"""The number of unfinished attempts (its worker died each time) after which a prediction fails."""


@dataclass(eq=False)
class PredictionNotFound(DomainError):
    """There is no such prediction, or it belongs to another user."""

    prediction_id: PredictionId


@dataclass(eq=False)
class WrongStatus(DomainError):
    """The prediction's status does not allow this."""

    status: "Status"


@dataclass(eq=False)
class NotRefundable(DomainError):
    """A refund must be positive, and at most what the prediction was charged."""

    charged: int


@dataclass(eq=False)
class AlreadyRefunded(DomainError):
    """This prediction was already refunded."""


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
    INPUT_GONE = "input_gone"
    """The rows of a slice are not in the store any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One or more rows that a user sent to a model, for a price that is fixed on acceptance.

    The rows and the model's answers are not included: they are large, no decision depends on them, and they
    are passed separately as JSON text.

    Only the memory adapter calls `start` and `hand_back`. PostgreSQL does each of them for many predictions
    in one SQL statement; the contract tests keep both equal.
    """

    id: PredictionId
    user_id: UserId
    model: ModelRef
    rows: int
    row_price: int
    text_price: int = 0
    """Credits per kilobyte of text."""
    text_bytes: int = 0
    """The text of all rows, see `bytes_of_text`. It is counted only if it has a price."""
    status: Status = Status.QUEUED
    attempts: int = 0
    """The number of times that a worker started it and did not hand it back."""
    created_at: datetime
    expires_at: datetime | None = None
    """The time when it expires, unless it has started."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    valid_rows: int = 0
    """The number of rows that were predicted, and are charged."""
    valid_text_bytes: int = 0
    """The text of these rows."""
    failure: Failure | None = None
    single: bool = False
    """Whether the input was one object rather than a list, so that the output is one object, too."""
    batch_id: BatchId | None = None
    """The batch of which it is a slice."""

    @property
    def price(self) -> int:
        """The credits held until it is final."""
        return price_of(
            row_price=self.row_price,
            rows=self.rows,
            text_price=self.text_price,
            text_bytes=self.text_bytes,
        )

    @property
    def charged(self) -> int:
        """The credits captured: 0 until it is final."""
        return price_of(
            row_price=self.row_price,
            rows=self.valid_rows,
            text_price=self.text_price,
            text_bytes=self.valid_text_bytes,
        )

    @property
    def error_count(self) -> int:
        """The number of rows that could not be predicted. If there are many, only some of them are listed."""
        was_predicted = self.status is Status.SUCCEEDED or self.failure is Failure.NO_VALID_ROW
        return self.rows - self.valid_rows if was_predicted else 0

    def settlement(self) -> tuple[Transfer, ...]:
        """The transfers that end the prediction's hold. Raises `WrongStatus` if it is not final."""
        if not self.status.is_final:
            raise WrongStatus(status=self.status)
        return settlement(self.user_id, price=self.price, charged=self.charged, reference=self.id)

    def refundable(self, amount: int | None) -> int:
        """The credits that a refund returns: `amount`, or else the whole charge. Raises `NotRefundable`."""
        wanted = self.charged if amount is None else amount
        if not 0 < wanted <= self.charged:
            raise NotRefundable(charged=self.charged)
        return wanted

    def start(self, *, at: datetime) -> Self:
        """Record that a worker has claimed it."""
        self._require(Status.QUEUED)
        return replace(self, status=Status.PROCESSING, attempts=self.attempts + 1, started_at=at)

    def finish(self, *, valid_rows: int, unpredicted_text_bytes: int = 0, at: datetime) -> Self:
        """Record that the model answered `valid_rows` rows, which are charged: the text of the other rows,
        `unpredicted_text_bytes`, is not. With 0 valid rows, the prediction fails."""
        self._require(Status.PROCESSING)
        if valid_rows == 0:
            return self.fail(Failure.NO_VALID_ROW, at=at)
        return replace(
            self,
            status=Status.SUCCEEDED,
            valid_rows=valid_rows,
            valid_text_bytes=max(0, self.text_bytes - unpredicted_text_bytes),
            finished_at=at,
        )

    def fail(self, failure: Failure, *, at: datetime) -> Self:
        self._require(Status.PROCESSING)
        return replace(self, status=Status.FAILED, failure=failure, finished_at=at)

    def hand_back(self) -> Self:
        """Queue it again because its worker stops. This attempt does not count."""
        self._require(Status.PROCESSING)
        return replace(self, status=Status.QUEUED, attempts=self.attempts - 1, started_at=None)

    def abandon(self, *, at: datetime) -> Self:
        """Queue it again because its worker's lease expired, or fail it after the last attempt."""
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
