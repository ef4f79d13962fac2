"""Many rows at once: checked by columns, since each value by itself costs more than predicting it.

Checking 10,000 rows of 14 features one by one takes 46 ms, by columns 10 ms; CatBoost itself needs 20.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from types import NoneType
from typing import Any

from augury.domain.model import (
    MOST_NUMBER,
    Feature,
    FeatureKind,
    InputSchema,
    RowError,
)
from augury.domain.user import is_storable


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """The values of the valid rows in the model's order of features, and what is wrong with the others."""

    values: Sequence[tuple[Any, ...]]
    errors: Sequence[RowError]


def check_rows(schema: InputSchema, rows: Sequence[Any]) -> CheckedRows:
    """The same verdicts as `schema.check` on each of the rows."""
    values = _values(schema, rows)
    if values is not None and all(map(_is_fine, schema.features, zip(*values, strict=True))):
        return CheckedRows(values, ())
    errors = schema.check_all(rows)
    bad = {error.row for error in errors}
    fine = [row for index, row in enumerate(rows) if index not in bad]
    return CheckedRows(_values(schema, fine) or (), errors)


def _values(schema: InputSchema, rows: Sequence[Any]) -> list[tuple[Any, ...]] | None:
    """Each row's values; None where a row is no object or has other fields than the features."""
    names = [feature.name for feature in schema.features]
    if any(type(row) is not dict or len(row) != len(names) for row in rows):
        return None
    try:
        if len(names) == 1:
            return [(row[names[0]],) for row in rows]
        return list(map(itemgetter(*names), rows))
    except KeyError:
        return None


def _is_fine(feature: Feature, column: Sequence[Any]) -> bool:
    kinds = set(map(type, column))
    match feature.kind:
        case FeatureKind.NUMERIC:
            numbers = column if NoneType not in kinds else [value for value in column if value is not None]
            return kinds <= {int, float, NoneType} and all(-MOST_NUMBER <= n <= MOST_NUMBER for n in numbers)
        case FeatureKind.CATEGORICAL if int in kinds:
            return kinds <= {int, str} and all(feature.complaint(value) is None for value in column)
        case _:
            return kinds <= {str} and is_storable("".join(column))
