"""Reads a chat's CSV file as rows for a model, and writes the model's answers as a CSV file."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from augury.application.chats.ports import Delivery
from augury.application.ports import Json
from augury.domain.answer import answers_in
from augury.domain.model_facts import MOST_TEXT, InputSchema
from augury.domain.row_errors import RowError
from augury.domain.rows import check_rows
from augury.inbound.tables.reading import read_table
from augury.inbound.tables.sheet import Sheet, plain_sheet, sheet_of
from augury.inbound.tables.writing import written
from augury.inbound.telegram.texts import Speech


@dataclass(frozen=True, slots=True)
class CsvRows:
    """The rows as the model gets them, their errors, and the format that the results' file takes over."""

    rows: Sequence[Mapping[str, object]]
    errors: Sequence[RowError]
    sheet: Sheet
    encoding: str


def read_csv(content: bytes, schema: InputSchema, *, most: int, max_text: int = MOST_TEXT) -> CsvRows:
    """Raises `Unreadable`, and `TooManyRows` if there are more than `most`. A row with a text or category of
    more than `max_text` characters is invalid."""
    table = read_table(lambda: io.BytesIO(content), schema, most=most)
    rows, carried = [], []
    for row, others in table.rows():
        rows.append(row)
        carried.append(others)
    errors = check_rows(schema, rows, max_text).errors
    return CsvRows(rows, errors, sheet_of(table, carried), table.dialect.encoding)


def written_csv(delivery: Delivery, say: Speech) -> bytes:
    """One line per row: its number, the values that were sent, the model's answer, or the error."""
    rows: list[dict[str, Any]] = json.loads(delivery.input or b"[]")
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


def _sheet(stored: Json | None) -> Sheet | None:
    """The stored sheet. None if there is none, or if its format is no longer known."""
    if stored is None:
        return None
    try:
        return msgspec.json.decode(stored, type=Sheet)
    except msgspec.MsgspecError:
        return None
