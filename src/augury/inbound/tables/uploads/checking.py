"""Checks rows of an uploaded table as a worker will, before they are accepted."""

from collections.abc import Sequence

from augury.domain.cells import ABSENT, known_values, number_in, text_in
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.row_errors import RowError
from augury.domain.rows import check_rows
from augury.slices.arrow import decoded
from augury.slices.priced_text import places_in
from augury.slices.sheet import Sheet


def errors_in(sheet: Sheet, content: bytes, schema: InputSchema, max_text: int) -> Sequence[RowError]:
    """The errors of a slice of texts, one for each row without an answer. Rows count from 0."""
    table, places = decoded(content), places_in(sheet)
    rows: list[dict[str, object]] = [{} for _ in range(table.num_rows)]
    for feature in schema.features:
        values = _values(feature, table.column(places[feature.name]).to_pylist(), sheet)
        for row, value in zip(rows, values, strict=True):
            if value is not ABSENT:
                row[feature.name] = value
    return check_rows(schema, rows, max_text).errors


def _values(feature: Feature, cells: Sequence[str | None], sheet: Sheet) -> Sequence[object]:
    """The feature's values; `ABSENT` where a row is too short. Each different cell is read once."""
    read: dict[str | None, object] = {None: ABSENT}
    if feature.kind is FeatureKind.NUMERIC:
        conventions, is_doubtful = sheet.of_column(feature.name), sheet.is_doubtful(feature.name)
        for cell in set(cells) - {None}:
            assert cell is not None
            read[cell] = number_in(cell, feature, conventions, is_doubtful=is_doubtful)
    else:
        known = known_values(feature)
        for cell in set(cells) - {None}:
            assert cell is not None
            read[cell] = text_in(cell, feature, known)
    return [read[cell] for cell in cells]
