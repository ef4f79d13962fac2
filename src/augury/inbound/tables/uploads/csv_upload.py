"""A CSV file that arrives in pieces. Its dialect is found in its first megabyte. Its numbers are read once
the whole file is known."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv
from typing_extensions import override

from augury.domain.batch import FULL
from augury.domain.cells import number_in
from augury.domain.feature import FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.lane import Slice as Most
from augury.domain.model_facts import ModelFacts
from augury.domain.numbers import ALL, COMMAS, POINTS, Convention, TwoReadings, followed, readings
from augury.inbound.tables.columns import Columns, columns_of
from augury.inbound.tables.dialect import END, Dialect, dialect_of
from augury.inbound.tables.unreadable import LongValue, NoHeader, RaggedRow, UnclearNumber, UnclosedQuote
from augury.inbound.tables.uploads.slicing import Slicer
from augury.inbound.tables.uploads.text import Lines
from augury.inbound.tables.uploads.upload import Slice, Upload
from augury.slices.arrow import Cells, Table, decoded
from augury.slices.priced_text import text_bytes
from augury.slices.sheet import Kind, Sheet, answers_of, names_of


class CsvUpload(Upload):
    def __init__(
        self, facts: ModelFacts, *, most_rows: int, text_has_price: bool = False, each: Most = FULL
    ) -> None:
        """`each` is the largest slice to cut."""
        self._facts = facts
        self._lines = Lines()
        self._slicer = Slicer(most_rows, self._text_bytes if text_has_price else None, each)
        self._blocks: _Blocks | None = None
        self._conventions: _Conventions | None = None

    @override
    def feed(self, piece: bytes) -> Iterator[Slice]:
        for block in self._lines.feed(piece):
            yield from self._read(block, is_last=False)

    @override
    def finish(self) -> Iterator[Slice]:
        for block in self._lines.finish():
            yield from self._read(block, is_last=True)
        if self._blocks is None:
            raise NoHeader
        yield from self._sliced(self._blocks.rest())
        yield from self._slicer.rest()

    @override
    def must_look_again(self) -> bool:
        """False if no number has a comma and semicolons do not separate cells: such numbers are written as in
        programs."""
        return self._blocks is not None and (self._blocks.has_commas or self._blocks.dialect.delimiter == ";")

    @override
    def look(self, content: bytes) -> None:
        assert self._blocks is not None
        if self._conventions is None:
            self._conventions = _Conventions(self._facts.schema, self._blocks.columns)
        self._conventions.look(decoded(content))

    @override
    def sheet(self) -> Sheet:
        assert self._blocks is not None
        columns, dialect, looks = self._blocks.columns, self._blocks.dialect, self._conventions
        if looks is not None:
            looks.require_clear()
        feature_at = {position: name for name, position in columns.positions.items()}
        shown = [
            place for place, name in enumerate(columns.names) if name or place in self._blocks.with_values
        ]
        decimal = None if looks is None else looks.decimal
        delimiter = dialect.delimiter if dialect.is_sure else ";" if decimal == "," else ","
        return Sheet(
            kind=Kind.TEXT,
            header=[columns.names[place] for place in shown],
            features=[feature_at.get(place) for place in shown],
            places=shown,
            delimiter=delimiter,
            decimal=decimal or ("," if delimiter == ";" else "."),
            conventions={} if looks is None else looks.narrowed(),
            has_decimal_commas=looks is not None and looks.follows <= COMMAS,
            **answers_of(self._facts),
        )

    def _text_bytes(self, table: Table) -> int:
        assert self._blocks is not None
        return text_bytes(Kind.TEXT, table, self._facts.schema, self._blocks.columns.positions)

    def _read(self, block: bytes, *, is_last: bool) -> Iterator[Slice]:
        if self._blocks is None:
            self._blocks, block = _begun(block, self._facts.schema, is_whole=is_last)
        yield from self._sliced(self._blocks.table(block))

    def _sliced(self, table: Table) -> Iterator[Slice]:
        if table.num_rows:
            yield from self._slicer.add(table)


class _Blocks:
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


class _Conventions:
    """The conventions that all numbers of each column follow, found by looking at all slices."""

    def __init__(self, schema: InputSchema, columns: Columns) -> None:
        self._features = {each.name: each for each in schema.features if each.kind is FeatureKind.NUMERIC}
        self._places = {name: columns.positions[name] for name in self._features}
        self._looks = dict.fromkeys(self._features, ALL)
        self._unclear: dict[tuple[str, str], tuple[int, str]] = {}
        """By feature and sign, the first number that may be read in two ways, and its row."""
        self._rows = 0

    @property
    def follows(self) -> frozenset[Convention]:
        """The conventions that the numbers of all columns follow."""
        return ALL.intersection(*self._looks.values()) or ALL

    @property
    def decimal(self) -> str | None:
        """The decimal sign of the file's numbers; None if no number shows it."""
        return "," if self.follows <= COMMAS else "." if self.follows <= POINTS else None

    def narrowed(self) -> Mapping[str, Sequence[str]]:
        return {name: names_of(found) for name, found in self._looks.items() if found != ALL}

    def look(self, table: Table) -> None:
        for name, place in self._places.items():
            cells = table.column(place)
            for cell in pc.unique(cells).to_pylist():
                if cell is None or cell.isdigit():
                    continue
                self._looks[name] &= followed(cell)
                for sign in ",.":
                    if (name, sign) not in self._unclear and _may_be_two(cell, sign):
                        row = self._rows + pc.index(cells, cell).as_py() + 1
                        self._unclear[name, sign] = row, cell.strip()
        self._rows += table.num_rows

    def require_clear(self) -> None:
        """Raises `UnclearNumber` if a number can be read in two ways. One of each form stands for all."""
        for (name, _), (row, text) in sorted(self._unclear.items(), key=lambda item: item[1]):
            conventions = self._looks[name]
            is_doubtful = self.follows <= COMMAS and not conventions <= COMMAS
            try:
                number_in(text, self._features[name], conventions, is_doubtful=is_doubtful)
            except TwoReadings as both:
                raise UnclearNumber(row, name, text, str(both.one), str(both.other)) from both


def _begun(block: bytes, schema: InputSchema, *, is_whole: bool) -> tuple[_Blocks, bytes]:
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
    return _Blocks(dialect, columns, schema, line), "".join(lines[reader.line_num :]).encode()


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


def _may_be_two(cell: str, sign: str) -> bool:
    """Whether the number can be read in two ways. A point counts as a comma here."""
    if sign not in cell:
        return False
    if sign == ".":
        cell = cell.replace(".", ",")
    return len(set(readings(cell).values())) > 1
