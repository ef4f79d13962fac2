"""Writes results in the format of the file that was sent: its columns, its delimiter, its decimal sign."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from augury.domain.answer import Answer
from augury.domain.answer_form import AnswerForm
from augury.inbound.tables.own_names import unused
from augury.inbound.tables.sheet import CsvSheet

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Spreadsheets recognize UTF-8 by it."""
_BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_HARMLESS = re.compile(r"[+-]?\d[\d .,()\u00a0\u202f-]*([eE][+-]?\d+)?%?|[+-]")
"""Harmless texts that begin like a formula: `-1`, the telephone `+7 (999) 123-45-67`, a dash."""


def written(
    sheet: CsvSheet,
    rows: Iterable[Mapping[str, object]],
    answers: Sequence[Answer | None],
    complaints: Mapping[int, str],
    warnings: Mapping[int, str] = MappingProxyType({}),
    *,
    row_name: str,
    error_name: str,
    warning_name: str = "warning",
) -> Iterator[bytes]:
    """The file in pieces, in UTF-8. Each row has its number from 1, its columns, the model's answer, and its
    error (`complaints`, by index from 0). `warnings` get a column if there are any. Texts that a spreadsheet
    would run as formulas are escaped."""
    form = AnswerForm.of(answers)
    names = [column.name for column in form.columns]
    line = _lines(sheet)
    remarks = {error_name: complaints, warning_name: warnings} if warnings else {error_name: complaints}
    yield BYTE_ORDER_MARK + line(_header(sheet, row_name, [*names, *remarks]))
    for index, row in enumerate(rows):
        answer = answers[index] if index < len(answers) else None
        said = [each.get(index, "") for each in remarks.values()]
        carried = iter(sheet.carried_by(index))
        columns = [next(carried, "") if name is None else row.get(name) for name in sheet.features]
        yield line(
            [
                index + 1,
                *columns,
                *([""] * len(names) if answer is None else form.cells(answer)),
                *said,
            ]
        )


def _header(sheet: CsvSheet, row_name: str, names: Sequence[str]) -> Sequence[str]:
    """The header, with our columns renamed if the file has them: `label` becomes `label_2`."""
    taken = set(sheet.header)
    return [unused(row_name, taken), *sheet.header, *(unused(name, taken) for name in names)]


class _Line(Protocol):
    def __call__(self, cells: Sequence[object]) -> bytes: ...


class _Echo:
    """A file whose `write` returns the text."""

    def write(self, text: str) -> str:
        return text


def _lines(sheet: CsvSheet) -> _Line:
    writer: Any = csv.writer(_Echo(), delimiter=sheet.delimiter)

    def line(cells: Sequence[object]) -> bytes:
        text: str = writer.writerow([_cell(value, sheet.decimal) for value in cells])
        return text.encode()

    return line


def _cell(value: object, decimal: str) -> object:
    if isinstance(value, float):
        return repr(value).replace(".", decimal)
    if isinstance(value, list):
        return harmless(json.dumps(value, ensure_ascii=False))
    return harmless(value) if isinstance(value, str) else value


def harmless(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet would run it as a formula. Numbers stay."""
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) and not _HARMLESS.fullmatch(text) else text
