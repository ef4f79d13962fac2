"""Check many rows column by column: checking each value separately costs more than predicting it.

Checking 10,000 rows of 14 features one by one takes 46 ms, by columns 10 ms; CatBoost itself needs 20.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import repeat
from math import isnan
from operator import itemgetter
from types import NoneType
from typing import Any

from augury.domain.feature import MOST_NUMBER, MOST_TEXT, Feature, FeatureKind
from augury.domain.input_schema import GROUP, InputSchema, is_group
from augury.domain.row_errors import RowError
from augury.domain.text import is_storable

_BLOCK = 256  # rows: only the block of an invalid row is checked value by value


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """The values of the valid rows, in the model's order of features, and the errors of the others."""

    values: Sequence[tuple[Any, ...]]
    errors: Sequence[RowError]
    kinds: Sequence[AbstractSet[type]]
    """The types of each feature's values."""


def check_rows(schema: InputSchema, rows: Sequence[Any], max_text: int = MOST_TEXT) -> CheckedRows:
    """Check the rows with the same results as `schema.check` for each row."""
    if 0 < len(rows) <= _BLOCK:
        return _check_block(schema, rows, max_text)
    values: list[tuple[Any, ...]] = []
    errors: list[RowError] = []
    kinds: list[set[type]] = [set() for _ in schema.features]
    for begin in range(0, len(rows), _BLOCK):
        block = _check_block(schema, rows[begin : begin + _BLOCK], max_text)
        values += block.values
        for known, more in zip(kinds, block.kinds, strict=True):
            known |= more
        errors += (replace(error, row=begin + error.row) for error in block.errors)
    return CheckedRows(values, errors, kinds)


def _check_block(schema: InputSchema, rows: Sequence[Any], max_text: int) -> CheckedRows:
    width = len(schema.features)
    are_plain = set(map(type, rows)) <= {dict} and set(map(len, rows)) <= {width}
    if are_plain or _are_grouped(schema, rows):
        with suppress(KeyError):  # a row lacks a feature: `check_all` below finds it
            values = _values(schema, rows)
            columns = list(zip(*values, strict=True))
            kinds = [set(map(type, column)) for column in columns]
            if all(map(_is_fine, schema.features, columns, kinds, repeat(max_text))):
                return CheckedRows(values, (), kinds)
    errors = schema.check_all(rows, max_text)
    bad = {error.row for error in errors}
    values = _values(schema, [row for index, row in enumerate(rows) if index not in bad])
    kinds = [set(map(type, column)) for column in zip(*values, strict=True)] or [
        set() for _ in schema.features
    ]
    return CheckedRows(values, errors, kinds)


def _are_grouped(schema: InputSchema, rows: Sequence[Any]) -> bool:
    """Whether each row has no members besides the features and, perhaps, a valid group. Missing features are
    found when they are read."""
    width = len(schema.features)
    return (
        schema.is_grouped
        and GROUP not in schema.names()
        and all(
            type(row) is dict and len(row) == width + (GROUP in row) and is_group(row.get(GROUP, ""))
            for row in rows
        )
    )


def _values(schema: InputSchema, rows: Sequence[Any]) -> list[tuple[Any, ...]]:
    names = [feature.name for feature in schema.features]
    if len(names) == 1:  # `itemgetter` of one name does not return a tuple
        return [(row[names[0]],) for row in rows]
    return list(map(itemgetter(*names), rows))


def _is_fine(feature: Feature, column: Sequence[Any], kinds: AbstractSet[type], max_text: int) -> bool:
    match feature.kind:
        case FeatureKind.NUMERIC:
            if NoneType in kinds and not feature.nullable:
                return False
            numbers = column if NoneType not in kinds else [value for value in column if value is not None]
            return kinds <= {int, float, bool, NoneType} and _are_in_range(numbers)
        case FeatureKind.EMBEDDING:
            return all(feature.fault(value) is None for value in column)
        case FeatureKind.DATE:
            return kinds <= {str, NoneType} and all(feature.fault(value) is None for value in set(column))
        case FeatureKind.CATEGORICAL if kinds & {int, float, bool}:
            return kinds <= {int, float, bool, str} and all(
                feature.fault(value, max_text) is None for value in column
            )
        case _:
            return kinds <= {str} and _are_good_texts(column, max_text)


def _are_good_texts(texts: Sequence[str], most: int) -> bool:
    together = "".join(texts)
    return (len(together) <= most or max(map(len, texts)) <= most) and is_storable(together)


def _are_in_range(numbers: Sequence[float]) -> bool:
    """Checked without a Python loop. `min` and `max` may miss a NaN, but `sum` does not."""
    if not numbers:
        return True
    return min(numbers) >= -MOST_NUMBER and max(numbers) <= MOST_NUMBER and not isnan(sum(numbers))
