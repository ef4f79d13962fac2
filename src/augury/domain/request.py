"""Requests for predictions: why one is not accepted."""

from dataclasses import dataclass

from augury.domain.errors import DomainError
from augury.domain.row_errors import RowError


@dataclass(eq=False)
class NoRows(DomainError):
    """There are no rows: a prediction needs at least one."""


@dataclass(eq=False)
class TooManyRows(DomainError):
    """There are more rows than a prediction may have."""

    rows: int
    most: int


@dataclass(eq=False)
class NoValidRow(DomainError):
    """No row fits the model's input schema; nothing was charged."""

    errors: tuple[RowError, ...]
    """The first of them."""
    error_count: int


@dataclass(eq=False)
class AnswerTooLarge(DomainError):
    """The model's answer for this many rows could be too large."""

    rows: int
    classes: int
    bytes: int
    """The most bytes that the answer could have."""
    most: int
    most_rows: int
    """The number of rows whose answer is not too large."""


@dataclass(eq=False)
class ExpiresTooLate(DomainError):
    """The prediction's time to wait for its start is too long."""

    expires_in: int
    """Seconds, like `most`."""
    most: int

    def __str__(self) -> str:
        return f"A prediction can wait at most {self.most} seconds for its start, not {self.expires_in}."


@dataclass(eq=False)
class TooManyPending(DomainError):
    """Too many predictions are waiting: try again later."""

    pending: int
    most: int
    retry_after: int
    """Seconds."""
