"""A CSV file that arrives in pieces. Its dialect is found in its first megabyte. Its numbers are read once
the whole file is known."""

from collections.abc import Iterator

from typing_extensions import override

from augury.domain.batch import FULL
from augury.domain.lane import SliceLimit
from augury.domain.model_facts import ModelFacts
from augury.domain.numbers import COMMAS
from augury.inbound.tables.unreadable import NoHeader
from augury.inbound.tables.uploads.conventions import Conventions
from augury.inbound.tables.uploads.csv_blocks import CsvBlocks
from augury.inbound.tables.uploads.slicing import Slicer
from augury.inbound.tables.uploads.text import Lines
from augury.inbound.tables.uploads.upload import Slice, Upload
from augury.slices.arrow import Table, decoded
from augury.slices.priced_text import text_bytes
from augury.slices.sheet import RowStorage, Sheet, answers_of


class CsvUpload(Upload):
    def __init__(
        self, facts: ModelFacts, *, most_rows: int, text_has_price: bool = False, each: SliceLimit = FULL
    ) -> None:
        """`each` is the largest slice to cut."""
        self._facts = facts
        self._lines = Lines()
        self._slicer = Slicer(most_rows, self._text_bytes if text_has_price else None, each)
        self._blocks: CsvBlocks | None = None
        self._conventions: Conventions | None = None

    @override
    def feed(self, piece: bytes) -> Iterator[Slice]:
        self._slicer.feed(len(piece))
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
            self._conventions = Conventions(self._facts.schema, self._blocks.columns)
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
            kind=RowStorage.TEXT,
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
        return text_bytes(RowStorage.TEXT, table, self._facts.schema, self._blocks.columns.positions)

    def _read(self, block: bytes, *, is_last: bool) -> Iterator[Slice]:
        if self._blocks is None:
            self._blocks, block = CsvBlocks.begun(block, self._facts.schema, is_whole=is_last)
        yield from self._sliced(self._blocks.table(block))

    def _sliced(self, table: Table) -> Iterator[Slice]:
        if table.num_rows:
            yield from self._slicer.add(table)
