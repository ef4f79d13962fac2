"""A CSV file as rows for a model, and the model's answers as a CSV file."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from typing import Any

from augury.application.chats.ports import Delivery
from augury.domain.model import Feature, FeatureKind, InputSchema
from augury.domain.prediction import TooManyRows
from augury.domain.row_errors import RowError
from augury.domain.rows import check_rows
from augury.domain.values import from_cell
from augury.inbound.telegram.dialogue import number
from augury.inbound.telegram.texts import Speech

DELIMITERS = ",;\t|"


class NotCsv(Exception):
    """The file cannot be read; `message` is the name of the text that says why, with its values."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values


@dataclass(frozen=True, slots=True)
class CsvRows:
    """The rows as the model gets them. A value that does not fit stays as it was written: the model's schema
    says what is wrong with it."""

    rows: Sequence[Mapping[str, object]]
    errors: Sequence[RowError]


def read_csv(content: bytes, schema: InputSchema, *, most: int) -> CsvRows:
    """Columns are found by name, others are passed over; raises `NotCsv`, and `TooManyRows` beyond `most`.

    A small file may have millions of lines: they are read one by one, and those beyond `most` only counted.
    """
    reader = csv.reader(io.StringIO(_decoded(content), newline=""), delimiter=_delimiter(content))
    lines = (line for line in reader if any(cell.strip() for cell in line))
    try:
        rows = list(islice(_rows(lines, schema), most))
        beyond = sum(1 for _ in lines)
    except csv.Error as error:  # the one thing that a reader which is not strict minds
        raise NotCsv("csv-long-value", line=reader.line_num, most=csv.field_size_limit()) from error
    if beyond:
        raise TooManyRows(rows=most + beyond, most=most)
    if not rows:
        raise NotCsv("csv-no-rows")
    return CsvRows(rows, check_rows(schema, rows).errors)


def _rows(lines: Iterator[list[str]], schema: InputSchema) -> Iterator[dict[str, object]]:
    names = [cell.strip() for cell in next(lines, ())]
    if not names:
        raise NotCsv("csv-no-header")
    missing = [feature.name for feature in schema.features if feature.name not in names]
    if missing:
        raise NotCsv("csv-missing-columns", columns=", ".join(missing))
    for index, line in enumerate(lines, 1):
        if len(line) > len(names):
            raise NotCsv("csv-ragged", row=index)
        yield _row(dict(zip(names, line, strict=False)), schema)


def written_csv(delivery: Delivery, say: Speech) -> bytes:
    """One line a row: its number, what was sent, what the model answered, or what was wrong."""
    rows: list[dict[str, Any]] = json.loads(delivery.input or b"[]")
    answers: list[dict[str, Any] | None] = json.loads(delivery.output or b"[]")
    errors = {error.row: error for error in delivery.errors}
    columns = list(dict.fromkeys(name for row in rows for name in row))
    classes = next((list(each["probabilities"]) for each in answers if each and "probabilities" in each), [])
    labelled = any(each and "label" in each for each in answers)
    results = ["label", *(f"p_{name}" for name in classes)] if labelled else ["value"]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([say.plain("csv-column-row"), *columns, *results, say.plain("csv-column-error")])
    for index, row in enumerate(rows):
        found = answers[index] if index < len(answers) else None
        writer.writerow(
            [
                index + 1,
                *(_harmless(row.get(name)) for name in columns),
                *_cells(found, classes, len(results)),
                _complaint(errors.get(index), say),
            ]
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()  # spreadsheets know UTF-8 by its mark


def _cells(found: dict[str, Any] | None, classes: Sequence[str], width: int) -> list[object]:
    if found is None:
        return [""] * width
    if "label" not in found:
        return [found["value"]]
    return [_harmless(found["label"]), *(found["probabilities"][name] for name in classes)]


def _complaint(error: RowError | None, say: Speech) -> str:
    return "" if error is None else say.plain_reason(error)


def _harmless(value: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _row(cells: Mapping[str, str], schema: InputSchema) -> dict[str, object]:
    row: dict[str, object] = {}
    for feature in schema.features:
        text = cells.get(feature.name)
        if text is None:
            continue  # the line is too short: the schema says that it is missing
        if feature.kind is FeatureKind.NUMERIC:
            row[feature.name] = _number(text, feature)
        else:
            row[feature.name] = from_cell(feature, text)
    return row


def _number(text: str, feature: Feature) -> object:
    """A number or a boolean, None for an empty cell, and else the text: of `nan` or `1e999` JSON would make
    a missing number, which is predicted and charged."""
    value = number(text)
    if value is not None and isfinite(value):
        return value
    return from_cell(feature, text) if text.strip() else None


def _decoded(content: bytes) -> str:
    if b"\x00" in content:
        raise NotCsv("csv-no-text")
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotCsv("csv-no-text")


def _delimiter(content: bytes) -> str:
    first = content.partition(b"\n")[0].decode("utf-8", "replace")
    return max(DELIMITERS, key=first.count)
