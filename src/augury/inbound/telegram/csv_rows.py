"""Reads a chat's CSV file as rows for a model, and writes the model's answers as a CSV file."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias

import msgspec

from augury.application.chats.ports.results import Delivery
from augury.application.ports import Json
from augury.domain.answer import answers_in
from augury.domain.feature import MOST_TEXT
from augury.domain.input_schema import InputSchema
from augury.domain.pricing import bytes_of_text
from augury.domain.row_errors import RowError
from augury.domain.rows import check_rows
from augury.inbound.tables.encoding import Source
from augury.inbound.tables.reading import Table, read_table
from augury.inbound.tables.sheet import CsvSheet, plain_sheet, sheet_of
from augury.inbound.tables.writing import written
from augury.inbound.telegram.texts import Speech

BLOCK = 256
"""Rows that are checked at a time."""
MOST_ERRORS = 100
"""Errors of a file that are kept. All of them are counted."""
Row: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CsvSurvey:
    """The facts about a file that its price and its confirmation need. None of its rows are kept."""

    size: int
    """The number of rows."""
    errors: Sequence[RowError]
    """The first ones."""
    error_count: int
    text_bytes: int
    encoding: str


@dataclass(frozen=True, slots=True)
class CsvRows:
    """The rows as the model gets them, and the file's format, which the file of results also has."""

    survey: CsvSurvey
    rows: Sequence[Row]
    sheet: CsvSheet


def survey_csv(source: Source, schema: InputSchema, *, most: int, max_text: int = MOST_TEXT) -> CsvSurvey:
    """Read a file as a stream. Raises `Unreadable`, and `TooManyRows` if there are more than `most`.

    A row with a text or category of more than `max_text` characters is invalid.
    """
    return _survey(read_table(source, schema, most=most), schema, max_text, keep=lambda _: None)


def read_csv(source: Source, schema: InputSchema, *, most: int, max_text: int = MOST_TEXT) -> CsvRows:
    """Like `survey_csv`, and keeps the rows."""
    table = read_table(source, schema, most=most)
    rows: list[Row] = []
    survey = _survey(table, schema, max_text, keep=rows.extend)
    return CsvRows(survey, rows, sheet_of(table))


def _survey(
    table: Table, schema: InputSchema, max_text: int, *, keep: Callable[[Sequence[Row]], None]
) -> CsvSurvey:
    errors: list[RowError] = []
    size = error_count = text_bytes = 0
    rows = (row for row, _ in table.rows())
    while block := list(islice(rows, BLOCK)):
        found = check_rows(schema, block, max_text).errors
        errors += (replace(each, row=size + each.row) for each in found[: MOST_ERRORS - len(errors)])
        error_count += len(found)
        text_bytes += bytes_of_text(schema, block)
        size += len(block)
        keep(block)
    return CsvSurvey(size, errors, error_count, text_bytes, table.dialect.encoding)


def written_csv(delivery: Delivery, say: Speech) -> bytes:
    """One line per row: its number, the values that were sent, the model's answer, or the error."""
    rows = _StoredRows(msgspec.json.decode(delivery.input or b"[]", type=list[msgspec.Raw]))
    answers = answers_in(delivery.output)
    unlisted = say.plain("csv-error-unlisted")
    complaints = {row: unlisted for row, found in enumerate(answers) if found is None}
    complaints |= {error.row: say.plain_reason(error) for error in delivery.errors}
    warnings: dict[int, str] = {}
    for each in delivery.warnings:
        if each.row is not None:
            earlier = f"{warnings[each.row]}; " if each.row in warnings else ""
            warnings[each.row] = earlier + say.plain_doubt(each)
    pieces = written(
        _sheet(delivery.sheet) or plain_sheet(rows),
        rows,
        answers,
        complaints,
        warnings,
        row_name=say.plain("csv-column-row"),
        error_name=say.plain("csv-column-error"),
        warning_name=say.plain("csv-column-warning"),
    )
    return b"".join(pieces)


@dataclass(frozen=True, slots=True)
class _StoredRows:
    """Rows that are decoded one at a time: decoded, they take many times the memory of their text."""

    texts: Sequence[msgspec.Raw]

    def __iter__(self) -> Iterator[Row]:
        return map(json.loads, map(bytes, self.texts))


def _sheet(stored: Json | None) -> CsvSheet | None:
    """The stored sheet. None if there is none, or if its format is no longer known."""
    if stored is None:
        return None
    try:
        return msgspec.json.decode(stored, type=CsvSheet)
    except msgspec.MsgspecError:
        return None
