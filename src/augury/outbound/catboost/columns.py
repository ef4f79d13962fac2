"""Turns the columns of a slice into the table that CatBoost predicts, and finds the errors of its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augury.domain.dates import part_name
from augury.domain.feature import Feature, FeatureKind
from augury.domain.row_errors import RowDoubt, RowError
from augury.outbound.catboost.categories import Sent
from augury.outbound.catboost.column_values import CodedColumn, Column, Mask, Numbers, column_of, numbers_in
from augury.outbound.catboost.dates import parts_of
from augury.outbound.catboost.library import load_pandas
from augury.outbound.catboost.loaded import Doubt, LoadedModel, embeddings
from augury.slices.arrow import Table
from augury.slices.sheet import Sheet

pd = load_pandas()
RowsOfModel: TypeAlias = Any
"""Rows by features: an array, or a pandas DataFrame, which has no types."""


@dataclass(frozen=True, slots=True)
class ReadSlice:
    """The table of the valid rows for the model, the errors of the others, and doubts about valid ones."""

    table: RowsOfModel
    errors: Sequence[RowError]
    doubts: Sequence[Doubt]


def read_columns(model: LoadedModel, sheet: Sheet, table: Table, max_text: int) -> ReadSlice:
    """Read a slice of the kind `TEXT` or `TYPED`. A row with a text or category of more than `max_text`
    characters is invalid."""
    features = model.facts.schema.features
    position = {
        name: place for name, place in zip(sheet.features, sheet.places, strict=True) if name is not None
    }
    columns = [
        column_of(feature, table.column(position[feature.name]).combine_chunks(), sheet, max_text)
        for feature in features
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
            numbers = column if isinstance(column, Numbers) else numbers_in(column)
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


def _categories(
    model: LoadedModel, place: int, column: CodedColumn, valid: Mask | None
) -> tuple[object, Doubt | None]:
    good = [number for number, fault in enumerate(column.found) if fault is None]
    sent: list[Sent] = [column.values[number] for number in good]  # type: ignore[misc]  # they were checked
    read, unseen = model.categories[place].read(sent, set(map(type, sent)))
    code_of = np.zeros(len(column.values), dtype=np.intp)
    code_of[good], dtype = model.vocabularies[place].codes(read)  # several values may be one category
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
