"""Error and warning codes of rows. Each inbound adapter words them for its users."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

MOST_FIELD_CHARACTERS = 100
"""The characters of a field's name that are kept with an error: a sent name may have millions."""


class RowFault(StrEnum):
    """Why a row cannot be predicted. The values are stored, so their meaning never changes."""

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
    """The whole number given as a category is too large."""
    NOT_A_TEXT = "not_a_text"
    NOT_AN_EMBEDDING = "not_an_embedding"
    """The value is not a list of as many numbers as the model takes."""
    NOT_A_DATE = "not_a_date"
    TOO_LONG = "too_long"
    """The text or category has more characters than the service accepts."""
    NOT_STORABLE = "not_storable"
    """The text contains NUL or lone surrogates."""
    NOT_EXPLAINED = "not_explained"
    """The contributions of its features do not add up to its prediction."""
    NOT_PREDICTED = "not_predicted"
    """The model raised an error, or its answer is not a finite number."""


@dataclass(frozen=True, slots=True)
class RowError:
    """An error of one row: the row's index from 0, the field if one is wrong, and the reason."""

    row: int
    field: str | None
    fault: RowFault


class RowDoubt(StrEnum):
    """Why the answer to a row may be wrong, although it was predicted and charged. The values are stored."""

    UNSEEN_CATEGORY = "unseen_category"
    """The training data certainly did not have this category."""
    UNSEEN_NULL = "unseen_null"
    """The number is missing, but it was never missing in the training data."""
    CROSSED_QUANTILES = "crossed_quantiles"
    """The quantile of a larger alpha is lower than that of a smaller one. Neither is changed."""
    MORE = "more"
    """`count` more warnings are not listed."""


@dataclass(frozen=True, slots=True)
class RowWarning:
    """A doubt about one row's answer: the row's index from 0, and the field. `MORE` has only a count."""

    row: int | None
    field: str | None
    doubt: RowDoubt
    count: int = 0


def kept_errors(errors: Iterable[RowError], *, most: int) -> tuple[RowError, ...]:
    """The first `most` errors, with their fields' names shortened. These are stored, and listed in an
    answer."""
    return tuple(replace(each, field=_cut(each.field)) for each, _ in zip(errors, range(most), strict=False))


def kept_warnings(warnings: Iterable[RowWarning]) -> tuple[RowWarning, ...]:
    """The warnings with their fields' names shortened. Their number was limited when they were made."""
    return tuple(replace(each, field=_cut(each.field)) for each in warnings)


def warning_count(warnings: Sequence[RowWarning]) -> int:
    """The number of warnings, including those that are only counted."""
    return sum(each.count if each.doubt is RowDoubt.MORE else 1 for each in warnings)


def _cut(field: str | None) -> str | None:
    if field is None or len(field) <= MOST_FIELD_CHARACTERS:
        return field
    return field[: MOST_FIELD_CHARACTERS - 1] + "…"
