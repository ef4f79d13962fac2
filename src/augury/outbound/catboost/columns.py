"""Reads a slice's columns for a model: checks and converts them without a Python loop over values.

The rules are those of rows. They are applied to the different values of a column, and the results are
gathered. Only numbers in programming notation are converted all at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from augury.domain.cells import ABSENT, known_values, number_in, text_in
from augury.domain.dates import part_name
from augury.domain.feature import MOST_NUMBER, Feature, FeatureKind
from augury.domain.numbers import POINTS, TwoReadings
from augury.domain.row_errors import RowDoubt, RowError, RowFault
from augury.outbound.catboost.categories import Sent
from augury.outbound.catboost.dates import parts_of
from augury.outbound.catboost.library import load_pandas
from augury.outbound.catboost.loaded import Doubt, LoadedModel, embeddings
from augury.slices.arrow import Cells, Table
from augury.slices.sheet import RowStorage, Sheet

pd = load_pandas()
Codes: TypeAlias = npt.NDArray[np.intp]
Mask: TypeAlias = npt.NDArray[np.bool_]
RowsOfModel: TypeAlias = Any
"""Rows by features: an array, or a pandas DataFrame, which has no types."""


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
    """A column as its different values, and the index of the value of each row."""

    values: Sequence[object]
    codes: Codes
    found: Sequence[RowFault | None]
    """What is wrong with each value."""

    @classmethod
    def of(cls, feature: Feature, values: Sequence[object], codes: Codes) -> Self:
        found = [RowFault.MISSING if each is ABSENT else feature.fault(each) for each in values]
        return cls(values, codes, found)

    def faults(self, _: Feature) -> dict[RowFault, Mask]:
        return {
            fault: np.array([each is fault for each in self.found], dtype=np.bool_)[self.codes]
            for fault in set(self.found)
            if fault is not None
        }


Column: TypeAlias = Numbers | CodedColumn


@dataclass(frozen=True, slots=True)
class ReadSlice:
    """The table of the valid rows for the model, the errors of the others, and doubts about valid ones."""

    table: RowsOfModel
    errors: Sequence[RowError]
    doubts: Sequence[Doubt]


def read_columns(model: LoadedModel, sheet: Sheet, table: Table) -> ReadSlice:
    """Read a slice of the kind `TEXT` or `TYPED`."""
    features = model.facts.schema.features
    position = {
        name: place for name, place in zip(sheet.features, sheet.places, strict=True) if name is not None
    }
    columns = [
        _column(feature, table.column(position[feature.name]).combine_chunks(), sheet) for feature in features
    ]
    errors, valid = _errors(features, columns, table.num_rows)
    frame: dict[str, object] = {}  # CatBoost compares the names
    doubts: list[Doubt] = []
    for place, (feature, column) in enumerate(zip(features, columns, strict=True)):
        if feature.kind is FeatureKind.DATE:
            made, doubt = _dates(model, place, column, valid)
            frame |= {
                part_name(feature.name, part): values
                for part, values in zip(model.dates[place], made, strict=True)
            }
        else:
            frame[feature.name], doubt = _read(model, place, feature, column, valid)
        if doubt is not None and len(doubt.places):
            doubts.append(doubt)
    if all(feature.kind is FeatureKind.NUMERIC for feature in features):
        return ReadSlice(np.column_stack(list(frame.values())), errors, doubts)  # type: ignore[arg-type]  # arrays
    return ReadSlice(pd.DataFrame(frame, copy=False), errors, doubts)


def _column(feature: Feature, cells: Cells, sheet: Sheet) -> Column:
    if sheet.kind is RowStorage.TYPED:
        return _typed(feature, cells)
    if feature.kind is not FeatureKind.NUMERIC:
        known = known_values(feature)
        return _coded(feature, cells, lambda cell: text_in(cell, feature, known))
    conventions, is_doubtful = sheet.of_column(feature.name), sheet.is_doubtful(feature.name)
    if not is_doubtful and not POINTS.isdisjoint(conventions):
        plain = _plain_numbers(cells)
        if plain is not None:
            return plain

    def number(cell: str) -> object:
        try:
            return number_in(cell, feature, conventions, is_doubtful=is_doubtful)
        except TwoReadings:  # files with such numbers are refused, as far as they were looked for
            return cell

    return _coded(feature, cells, number)


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


def _typed(feature: Feature, cells: Cells) -> Column:
    kind = cells.type
    if feature.kind is FeatureKind.NUMERIC and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        missing = cells.is_null().to_numpy(zero_copy_only=False)
        return Numbers(cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), missing)
    if pa.types.is_decimal(kind):
        cells = cells.cast(pa.float64())
    if pa.types.is_dictionary(kind):
        cells = cells.dictionary_decode()
    if pa.types.is_nested(kind):
        values = cells.to_pylist()
        return CodedColumn.of(feature, values, np.arange(len(values)))
    if feature.kind is FeatureKind.DATE and pa.types.is_temporal(kind):
        return _coded(feature, cells, lambda value: value.isoformat(), absent=None)
    return _coded(feature, cells, lambda value: value, absent=None)


def _coded(
    feature: Feature, cells: Cells, read: Callable[[Any], object], absent: object = ABSENT
) -> CodedColumn:
    encoded = pc.dictionary_encode(cells)
    values = [read(each) for each in encoded.dictionary.to_pylist()]
    indices = encoded.indices
    if indices.null_count:
        indices = pc.fill_null(indices, len(values))
        values.append(absent)
    return CodedColumn.of(feature, values, indices.to_numpy(zero_copy_only=False).astype(np.intp))


def _errors(
    features: Sequence[Feature], columns: Sequence[Column], rows: int
) -> tuple[Sequence[RowError], Mask | None]:
    """The first error of each invalid row, in the order of the rows, and which rows are valid (None: all)."""
    first: dict[int, RowError] = {}
    bad = np.zeros(rows, dtype=np.bool_)
    for feature, column in zip(features, columns, strict=True):
        found = [(fault, where) for fault, where in column.faults(feature).items() if where.any()]
        for fault, where in found:
            for row in np.flatnonzero(where & ~bad).tolist():
                first[row] = RowError(row, feature.name, fault)
        for _, where in found:
            bad |= where
    return [first[row] for row in sorted(first)], ~bad if bad.any() else None


def _read(
    model: LoadedModel, place: int, feature: Feature, column: Column, valid: Mask | None
) -> tuple[object, Doubt | None]:
    """The column of the valid rows as CatBoost takes it, and the doubt about its values."""
    match feature.kind:
        case FeatureKind.NUMERIC:
            numbers = column if isinstance(column, Numbers) else _numbers(column)
            values, missing = _of(numbers.values, valid), _of(numbers.missing, valid)
            with np.errstate(over="ignore"):
                shown = values.astype(np.float32)
            if place not in model.never_null:
                return shown, None
            return shown, Doubt(place, RowDoubt.UNSEEN_NULL, np.flatnonzero(missing).tolist())
        case FeatureKind.CATEGORICAL:
            assert isinstance(column, CodedColumn)
            return _categories(model, place, column, valid)
        case FeatureKind.EMBEDDING:
            assert isinstance(column, CodedColumn)
            return embeddings(feature, [column.values[code] for code in _of(column.codes, valid)]), None
        case _:
            assert isinstance(column, CodedColumn)
            return np.array(column.values, dtype=object)[_of(column.codes, valid)], None


def _numbers(column: CodedColumn) -> Numbers:
    missing = np.array([each is None for each in column.values], dtype=np.bool_)
    numbers = [float(each) if isinstance(each, (int, float)) else np.nan for each in column.values]
    return Numbers(np.array(numbers, dtype=np.float64)[column.codes], missing[column.codes])


def _categories(
    model: LoadedModel, place: int, column: CodedColumn, valid: Mask | None
) -> tuple[object, Doubt | None]:
    good = [number for number, fault in enumerate(column.found) if fault is None]
    sent: list[Sent] = [column.values[number] for number in good]  # type: ignore[misc]  # they were checked
    read, unseen = model.categories[place].read(sent, set(map(type, sent)))
    code_of = np.zeros(len(column.values), dtype=np.intp)
    code_of[good], dtype = model.vocabularies[place].codes(read)  # different values may be one category
    codes = _of(column.codes, valid)
    shown = pd.Categorical.from_codes(code_of[codes], dtype=dtype, validate=False)
    if not len(unseen):
        return shown, None
    is_unseen = np.zeros(len(column.values), dtype=np.bool_)
    is_unseen[[good[each] for each in unseen]] = True
    return shown, Doubt(place, RowDoubt.UNSEEN_CATEGORY, np.flatnonzero(is_unseen[codes]).tolist())


def _dates(
    model: LoadedModel, place: int, column: Column, valid: Mask | None
) -> tuple[Sequence[npt.NDArray[np.float32]], Doubt | None]:
    """The parts of the dates of the valid rows, and the doubt about missing dates."""
    assert isinstance(column, CodedColumn)
    texts = [each if isinstance(each, str) else None for each in column.values]  # others are faults
    codes = _of(column.codes, valid)
    parts = parts_of(texts, model.dates[place]).astype(np.float32)[codes]
    if place not in model.never_null:
        return list(parts.T), None
    missing = np.array([each is None for each in column.values], dtype=np.bool_)[codes]
    return list(parts.T), Doubt(place, RowDoubt.UNSEEN_NULL, np.flatnonzero(missing).tolist())


def _of(values: npt.NDArray[Any], valid: Mask | None) -> npt.NDArray[Any]:
    return values if valid is None else values[valid]
