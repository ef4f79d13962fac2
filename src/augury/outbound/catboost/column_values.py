"""Reads the cells of a column into checked values, without a Python loop over the rows.

The rules are the same as for rows. Each is applied once to every distinct value of a column, and the rows get
the results. Only numbers in programming notation are converted all at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from augury.domain.cells import ABSENT, known_values, number_in, text_in
from augury.domain.feature import MOST_NUMBER, Feature, FeatureKind
from augury.domain.numbers import POINTS, TwoReadings
from augury.domain.row_errors import RowFault
from augury.slices.arrow import Cells, values_of
from augury.slices.sheet import RowStorage, Sheet

Codes: TypeAlias = npt.NDArray[np.intp]
Mask: TypeAlias = npt.NDArray[np.bool_]


_NO_VALUE = object()
"""A time, list or structure where no feature takes one."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers, with NaN where a number is missing."""

    values: npt.NDArray[np.float64]
    missing: Mask

    def faults(self, feature: Feature) -> dict[RowFault, Mask]:
        with np.errstate(invalid="ignore"):
            found = {RowFault.NOT_FINITE: ~(np.abs(self.values) <= MOST_NUMBER) & ~self.missing}
        if not feature.nullable:
            found[RowFault.NULL] = self.missing
        return found


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A column as its distinct values, and the index of each row's value."""

    values: Sequence[object]
    codes: Codes
    found: Sequence[RowFault | None]
    """What is wrong with each value."""

    @classmethod
    def of(cls, feature: Feature, values: Sequence[object], codes: Codes, max_text: int) -> Self:
        found = [RowFault.MISSING if each is ABSENT else feature.fault(each, max_text) for each in values]
        return cls(values, codes, found)

    def faults(self, _: Feature) -> dict[RowFault, Mask]:
        return {
            fault: np.array([each is fault for each in self.found], dtype=np.bool_)[self.codes]
            for fault in set(self.found)
            if fault is not None
        }


Column: TypeAlias = Numbers | CodedColumn


def column_of(feature: Feature, cells: Cells, sheet: Sheet, max_text: int) -> Column:
    """The values of a column of a slice of the kind `TEXT` or `TYPED`. A text or category of more than
    `max_text` characters is a fault."""
    if sheet.kind is RowStorage.TYPED:
        return _typed(feature, cells, max_text)
    if feature.kind is not FeatureKind.NUMERIC:
        known = known_values(feature)
        return _coded(feature, cells, lambda cell: text_in(cell, feature, known), max_text)
    conventions, is_doubtful = sheet.of_column(feature.name), sheet.is_doubtful(feature.name)
    if not is_doubtful and not POINTS.isdisjoint(conventions):
        plain = _plain_numbers(cells)
        if plain is not None:
            return plain

    def number(cell: str) -> object:
        try:
            return number_in(cell, feature, conventions, is_doubtful=is_doubtful)
        except TwoReadings:  # the upload refuses files where it finds such a number
            return cell

    return _coded(feature, cells, number, max_text)


def _plain_numbers(cells: Cells) -> Numbers | None:
    """The numbers of a column that has only numbers in programming notation and empty cells; otherwise
    None."""
    if cells.null_count:
        return None
    try:
        missing = np.zeros(len(cells), dtype=np.bool_)
        try:
            numbers = pc.cast(cells, pa.float64())  # as if no cell were empty
        except pa.ArrowInvalid:
            is_empty = pc.equal(cells, "")
            numbers = pc.cast(pc.if_else(is_empty, None, cells), pa.float64())
            missing = is_empty.to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    values = numbers.to_numpy(zero_copy_only=False)
    return Numbers(values, missing) if (np.isfinite(values) | missing).all() else None


def _typed(feature: Feature, cells: Cells, max_text: int) -> Column:
    kind = cells.type
    if feature.kind is FeatureKind.NUMERIC and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        missing = cells.is_null().to_numpy(zero_copy_only=False)
        return Numbers(cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), missing)
    if pa.types.is_decimal(kind):
        cells = cells.cast(pa.float64())
    if pa.types.is_dictionary(kind):
        cells = cells.dictionary_decode()
    if pa.types.is_nested(kind):
        values = [_NO_VALUE if isinstance(each, str) else each for each in values_of(cells)]
        return CodedColumn.of(feature, values, np.arange(len(values)), max_text)
    if pa.types.is_temporal(kind):
        read = _text_of_date if feature.kind is FeatureKind.DATE else lambda _: _NO_VALUE
        return _coded(feature, cells, read, max_text, absent=None)
    return _coded(feature, cells, lambda value: value, max_text, absent=None)


def _text_of_date(value: object) -> object:
    """The text of a date or a time, as rows have it. A duration is no date."""
    return value.isoformat() if isinstance(value, (date, time)) else value


def _coded(
    feature: Feature,
    cells: Cells,
    read: Callable[[Any], object],
    max_text: int,
    *,
    absent: object = ABSENT,
) -> CodedColumn:
    encoded = pc.dictionary_encode(cells)
    values = [read(each) for each in values_of(encoded.dictionary)]
    indices = encoded.indices
    if indices.null_count:
        indices = pc.fill_null(indices, len(values))
        values.append(absent)
    return CodedColumn.of(feature, values, indices.to_numpy(zero_copy_only=False).astype(np.intp), max_text)


def numbers_in(column: CodedColumn) -> Numbers:
    """The numbers among the values; NaN for values that are faults."""
    missing = np.array([each is None for each in column.values], dtype=np.bool_)
    numbers = [float(each) if isinstance(each, (int, float)) else np.nan for each in column.values]
    return Numbers(np.array(numbers, dtype=np.float64)[column.codes], missing[column.codes])
