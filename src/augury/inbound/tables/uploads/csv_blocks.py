"""Reads a CSV file block by block, as tables of texts."""

import csv
import io
from collections.abc import Sequence
from itertools import chain
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from augury.domain.feature import FeatureKind
from augury.domain.input_schema import InputSchema
from augury.inbound.tables.columns import Columns, columns_of
from augury.inbound.tables.dialect import END, Dialect, dialect_of
from augury.inbound.tables.unreadable import LongValue, NoHeader, RaggedRow, UnclosedQuote
from augury.slices.arrow import Cells, Table


class CsvBlocks:
    """Reads blocks of whole lines as tables of texts."""

    def __init__(self, dialect: Dialect, columns: Columns, schema: InputSchema, line: int) -> None:
        self.dialect = dialect
        self.columns = columns
        self.has_commas = False
        """Whether a comma was seen in a number."""
        self.with_values: set[int] = set()
        """The columns without a name that have a value."""
        self._names = [str(place) for place in range(len(columns.names))]
        self._nameless = [place for place, name in enumerate(columns.names) if not name]
        self._numeric = [
            columns.positions[each.name] for each in schema.features if each.kind is FeatureKind.NUMERIC
        ]
        self._begun = ""
        """The beginning of a record whose quotation mark is open."""
        self._line = line
        self._rows = 0

    @classmethod
    def begun(cls, block: bytes, schema: InputSchema, *, is_whole: bool) -> tuple[Self, bytes]:
        """The reader of a file that begins with this block, and the part of the block after the header."""
        dialect = dialect_of(lambda: io.BytesIO(block), "utf-8", schema, is_whole=is_whole)
        lines = list(io.StringIO(block.decode(), newline=""))[dialect.skips :]
        reader = csv.reader(
            iter(lines), delimiter=dialect.delimiter, skipinitialspace=dialect.has_blanks_before_quotes
        )
        header = next((cells for cells in reader if any(cell.strip() for cell in cells)), None)
        if header is None:
            raise NoHeader
        columns = columns_of(header, schema)
        line = dialect.skips + reader.line_num
        return cls(dialect, columns, schema, line), "".join(lines[reader.line_num :]).encode()

    def table(self, block: bytes) -> Table:
        """Raises `RaggedRow`, `LongValue`."""
        table = self._plain(block)
        if table is None:
            table = self._quoted(self._begun + block.decode(), is_last=False)
        self._line += block.count(b"\n") or block.count(b"\r")
        return self._noted(table)

    def rest(self) -> Table:
        """The rest after the last block. Raises `UnclosedQuote`."""
        return self._noted(self._quoted(self._begun, is_last=True))

    def _plain(self, block: bytes) -> Table | None:
        """The table of a block without quotation marks; None if only Python's `csv` module reads it
        correctly."""
        if self._begun or self.dialect.has_blanks_before_quotes or b'"' in block:
            return None
        if not self.dialect.delimiter.isascii() or block.count(b"\r") != block.count(b"\r\n"):
            return None
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(block),
                arrow_csv.ReadOptions(column_names=self._names, use_threads=False, block_size=len(block) + 1),
                arrow_csv.ParseOptions(
                    delimiter=self.dialect.delimiter, quote_char=False, ignore_empty_lines=True
                ),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(self._names, pa.string()),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:  # rows of another width, or only empty lines
            return None
        return _without_blank_rows(table)

    def _quoted(self, text: str, *, is_last: bool) -> Table:
        lines = list(io.StringIO(text, newline=""))
        reader = csv.reader(
            chain(lines, [END]),
            delimiter=self.dialect.delimiter,
            skipinitialspace=self.dialect.has_blanks_before_quotes,
        )
        rows: list[Sequence[str | None]] = []
        ended, cells = 0, [END]
        try:
            for cells in reader:
                if cells and cells[-1].endswith(END):
                    break
                ended = reader.line_num
                if any(cell.strip() for cell in cells):
                    rows.append(self._fitted(cells, self._rows + len(rows) + 1))
        except csv.Error as error:
            raise LongValue(self._line + reader.line_num, csv.field_size_limit()) from error
        self._begun = "" if cells == [END] else "".join(lines[ended:])
        if self._begun and is_last:
            raise UnclosedQuote(self._line - self._begun.count("\n") + 1)
        columns = list(zip(*rows, strict=True)) or [()] * len(self._names)
        return pa.table([pa.array(column, pa.string()) for column in columns], names=self._names)

    def _fitted(self, cells: list[str], row: int) -> Sequence[str | None]:
        """Blank cells beyond the header's width, made by surplus delimiters, are cut off."""
        width = len(self._names)
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            raise RaggedRow(row)
        return [*cells[:width], *[None] * (width - len(cells))]

    def _noted(self, table: Table) -> Table:
        self._rows += table.num_rows
        if not self.has_commas:
            self.has_commas = any(_has(table.column(place), ",") for place in self._numeric)
        for place in self._nameless:
            if place not in self.with_values and _has_value(table.column(place)):
                self.with_values.add(place)
        return table


def _without_blank_rows(table: Table) -> Table:
    is_blank: Cells = None
    for column in table.columns:
        blank = pc.equal(pc.utf8_trim_whitespace(column), "")
        is_blank = blank if is_blank is None else pc.and_(is_blank, blank)
        if not pc.any(is_blank).as_py():
            return table
    return table.filter(pc.invert(is_blank))


def _has(cells: Cells, sign: str) -> bool:
    return bool(pc.any(pc.match_substring(cells, sign)).as_py())


def _has_value(cells: Cells) -> bool:
    return bool(pc.any(pc.not_equal(pc.utf8_trim_whitespace(cells), "")).as_py())
