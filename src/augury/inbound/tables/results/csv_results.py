"""Results as CSV, in the format of the file that was sent."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from typing_extensions import override

from augury.inbound.tables.results.names import ResultNames, names_of
from augury.inbound.tables.results.part import Part
from augury.inbound.tables.results.values import columns_of
from augury.inbound.tables.results.words import ResultWords
from augury.inbound.tables.results.writer import RawPart, Writer
from augury.inbound.tables.writing import harmless
from augury.slices.sheet import Sheet


class CsvWriter(Writer):
    def __init__(self, sheet: Sheet, words: ResultWords, *, first: int = 0, mark: bytes = b"") -> None:
        """`first` is the number of the first row. `mark` is written before everything else."""
        self._sheet = sheet
        self._words = words
        self._first = first
        self.mark = mark

    @property
    def delimiter(self) -> str:
        return self._sheet.delimiter

    @property
    def names(self) -> ResultNames:
        words = self._words
        return names_of(self._sheet, row=words.row_name, error=words.error_name, warning=words.warning_name)

    @override
    def begin(self) -> bytes:
        names = self.names
        header = [names.row, *names.columns, *names.answers, names.error, names.warning]
        return self.mark + self.lines([[harmless(name) for name in header]])

    @override
    def write(self, raw: RawPart) -> bytes:
        part = Part.of(raw)
        first = self._first + part.first_row
        columns: list[Sequence[Any]] = [range(first, first + len(part))]
        columns += [self._cells(each) for each in columns_of(self._sheet, part)]
        columns += [self._cells(part.column(each.key)) for each in self._sheet.form.columns]
        columns += part.remarks(self._words)
        return self.lines(zip(*columns, strict=True))

    @override
    def end(self) -> bytes:
        return b""

    def _cells(self, values: Sequence[Any]) -> Sequence[Any]:
        """Each different value is written once, and texts that a spreadsheet would run are escaped."""
        try:
            cells = {value: self._cell(value) for value in set(values)}
        except TypeError:  # lists and objects are not hashable
            return [self._cell(value) for value in values]
        if any(isinstance(value, (bool, float)) for value in cells):  # 1, 1.0 and True are equal
            return [self._cell(value) for value in values]
        return [cells[value] for value in values]

    def _cell(self, value: object) -> object:
        match value:
            case bool():
                return "true" if value else "false"
            case float():
                return repr(value).replace(".", self._sheet.decimal)
            case str():
                return harmless(value)
            case None | int():
                return value
            case dict() | list():
                return harmless(msgspec.json.encode(value).decode())
            case bytes():
                return value.hex()
            case _:
                return str(value)

    def lines(self, rows: Iterable[Sequence[object]]) -> bytes:
        """The rows as lines of the file."""
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self._sheet.delimiter).writerows(rows)
        return text.getvalue().encode()
