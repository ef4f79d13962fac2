"""Reads a CSV file as rows for a model, one row at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from augury.domain.cells import ABSENT, NameIndex, known_values, number_in, text_in
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import GROUP, InputSchema
from augury.domain.numbers import ALL, COMMAS, POINTS, Convention, TwoReadings, followed
from augury.domain.request import TooManyRows
from augury.inbound.tables.columns import Columns, columns_of
from augury.inbound.tables.dialect import Dialect, dialect_of, records
from augury.inbound.tables.encoding import Source, encoding_of
from augury.inbound.tables.unreadable import NoHeader, NoRows, RaggedRow, UnclearNumber


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was checked once. Its rows can be read any number of times."""

    source: Source
    schema: InputSchema
    dialect: Dialect
    columns: Columns
    conventions: Mapping[str, frozenset[Convention]]
    """For each numeric feature, the conventions that all cells of its column follow."""
    size: int

    @property
    def decimal(self) -> str | None:
        """The decimal sign of the file's numbers; None if no number shows it."""
        follows = self._follows
        return "," if follows <= COMMAS else "." if follows <= POINTS else None

    @property
    def _follows(self) -> frozenset[Convention]:
        return ALL.intersection(*self.conventions.values()) or ALL

    def rows(self) -> Iterator[tuple[dict[str, object], list[str]]]:
        """Each row as the model gets it, and its cells in the columns that the model does not know.

        A value that does not fit stays as it was written, so that the check of the schema reports it. Raises
        `UnclearNumber`.
        """
        readers = [self._reader(feature) for feature in self.schema.features]
        group = self.columns.names.index(GROUP) if self._has_groups else None
        unknown, width = self.columns.unknown, len(self.columns.names)
        for index, cells in enumerate(_body(self.source, self.dialect, width), 1):
            row: dict[str, object] = {}
            for reader in readers:
                reader.read(cells, row, index)
            if group is not None and group < len(cells):
                row[GROUP] = cells[group]
            yield row, [cells[position] if position < len(cells) else "" for position in unknown]

    def others(self) -> Iterator[list[str]]:
        """Each row's cells in the columns that the model does not know."""
        unknown, width = self.columns.unknown, len(self.columns.names)
        for cells in _body(self.source, self.dialect, width):
            yield [cells[position] if position < len(cells) else "" for position in unknown]

    @property
    def _has_groups(self) -> bool:
        return self.schema.is_grouped and GROUP in self.columns.names

    def _reader(self, feature: Feature) -> "_Reader":
        position = self.columns.positions[feature.name]
        if feature.kind is not FeatureKind.NUMERIC:
            return _TextReader(feature, position, known_values(feature))
        conventions = self.conventions[feature.name]
        # If its column does not decide, a point is a decimal sign, unless the file's decimal sign is a comma.
        is_doubtful = self._follows <= COMMAS and not conventions <= COMMAS
        return _NumberReader(feature, position, conventions, is_doubtful)


def read_table(source: Source, schema: InputSchema, *, most: int) -> Table:
    """Find the file's encoding, dialect, columns, number of rows, and the conventions of its numbers.

    Raises `Unreadable`, and `TooManyRows` if there are more than `most`. Lines are read one at a time: even
    a small file may have millions.
    """
    dialect = dialect_of(source, encoding_of(source), schema)
    header = next(records(source, dialect), None)
    if header is None:
        raise NoHeader
    columns = columns_of(header, schema, encoding=dialect.encoding)
    numeric = [feature.name for feature in schema.features if feature.kind is FeatureKind.NUMERIC]
    looks = dict.fromkeys(numeric, ALL)
    places = [(name, columns.positions[name]) for name in numeric]
    size = 0
    for size, cells in enumerate(_body(source, dialect, len(header)), 1):
        if size > most:  # only count the rest
            continue
        for name, position in places:
            if position < len(cells) and not cells[position].isdigit():
                looks[name] &= followed(cells[position])
    if size > most:
        raise TooManyRows(rows=size, most=most)
    if not size:
        raise NoRows
    return Table(source, schema, dialect, columns, looks, size)


def _body(source: Source, dialect: Dialect, width: int) -> Iterator[list[str]]:
    """The rows below the header. Blank cells beyond its width, made by surplus delimiters, are cut off."""
    rows = records(source, dialect)
    next(rows)
    for index, cells in enumerate(rows, 1):
        if len(cells) > width:
            if any(cell.strip() for cell in cells[width:]):
                raise RaggedRow(index)
            del cells[width:]
        yield cells


@dataclass(frozen=True, slots=True)
class _TextReader:
    feature: Feature
    position: int
    values: NameIndex

    def read(self, cells: Sequence[str], row: dict[str, object], _: int) -> None:
        """A row that is too short has no value, like one with an empty category."""
        if self.position >= len(cells):
            return
        value = text_in(cells[self.position], self.feature, self.values)
        if value is not ABSENT:
            row[self.feature.name] = value


@dataclass(frozen=True, slots=True)
class _NumberReader:
    feature: Feature
    position: int
    conventions: frozenset[Convention]
    is_doubtful: bool

    def read(self, cells: Sequence[str], row: dict[str, object], index: int) -> None:
        """Raises `UnclearNumber`."""
        if self.position >= len(cells):
            return
        cell = cells[self.position]
        try:
            value = number_in(cell, self.feature, self.conventions, is_doubtful=self.is_doubtful)
        except TwoReadings as both:
            raise UnclearNumber(
                index, self.feature.name, cell.strip(), str(both.one), str(both.other)
            ) from both
        row[self.feature.name] = value


_Reader = _TextReader | _NumberReader
