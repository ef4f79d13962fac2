"""What is wrong with a row, or with trust in its answer: codes, which each edge puts into its own words."""

from dataclasses import dataclass
from enum import StrEnum


class RowFault(StrEnum):
    """Why a row cannot be predicted. The values are stored: they never change their meaning."""

    NOT_AN_OBJECT = "not_an_object"
    MISSING = "missing"
    """The row lacks a feature of the model."""
    UNKNOWN = "unknown"
    """The row has a field that is not a feature of the model."""
    NOT_A_NUMBER = "not_a_number"
    NULL = "null"
    """The number is missing, and the model was trained to forbid that."""
    NOT_FINITE = "not_finite"
    """The number is too large for a float32, or not a number in the sense of IEEE 754."""
    NOT_A_CATEGORY = "not_a_category"
    NOT_64_BIT = "not_64_bit"
    """A category's whole number is too large."""
    NOT_A_TEXT = "not_a_text"
    NOT_STORABLE = "not_storable"
    """The text has NUL or lone surrogates."""
    NOT_PREDICTED = "not_predicted"
    """The model raised, or answered no finite number."""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row: its index from 0, the field where one is to blame, and why."""

    row: int
    field: str | None
    fault: RowFault


class RowDoubt(StrEnum):
    """Why the answer to a row may be wrong, although it was predicted and charged. The values are stored."""

    UNSEEN_CATEGORY = "unseen_category"
    """The model certainly has never seen this category in training."""
    UNSEEN_NULL = "unseen_null"
    """The number is missing, which it never was in training."""
    MORE = "more"
    """There are `count` more warnings than are listed."""


@dataclass(frozen=True, slots=True)
class RowWarning:
    """A doubt about one row's answer: its index from 0 and the field. Of `MORE` neither, but a count."""

    row: int | None
    field: str | None
    doubt: RowDoubt
    count: int = 0
