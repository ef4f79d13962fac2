"""A Parquet file. Its metadata is at its end, so it can only be read after the whole file has arrived."""

from collections.abc import Iterator
from io import IOBase

import pyarrow as pa
import pyarrow.parquet as pq

from augury.domain.batch import FULL, SLICE_ROWS, BatchTooLong
from augury.domain.lane import SliceLimit
from augury.domain.model_facts import ModelFacts
from augury.inbound.tables.columns import columns_of
from augury.inbound.tables.uploads.slicing import Slicer
from augury.inbound.tables.uploads.unreadable import NotParquet
from augury.inbound.tables.uploads.upload import Slice, WholeFile
from augury.slices.arrow import Table
from augury.slices.priced_text import text_bytes
from augury.slices.sheet import RowStorage, Sheet, answers_of

PIECE = 1 << 20
"""Bytes of a column that are read at a time."""


class ParquetFile(WholeFile):
    def __init__(
        self,
        file: IOBase,
        facts: ModelFacts,
        *,
        size: int = 0,
        most_rows: int,
        text_has_price: bool = False,
        each: SliceLimit = FULL,
    ) -> None:
        """`size` is the size of the file in bytes, `each` the largest slice to cut.

        Raises `NotParquet`, `MissingColumns`, `DuplicateColumns`, `BatchTooLong`.
        """
        try:
            self._file = pq.ParquetFile(
                pa.PythonFile(file, mode="r"), buffer_size=PIECE, pre_buffer=False, memory_map=False
            )
        except (pa.ArrowException, OSError, ValueError) as error:
            raise NotParquet(_short(error)) from error
        if self._file.metadata.num_rows > most_rows:
            raise BatchTooLong(most=most_rows)
        self._facts = facts
        self._slicer = Slicer(most_rows, self._text_bytes if text_has_price else None, each)
        self._slicer.feed(size)
        self._columns = columns_of(self._file.schema_arrow.names, facts.schema)

    def slices(self) -> Iterator[Slice]:
        """Raises `NotParquet`, `BatchTooLong`, `LongRow`, `RowsTooLarge`."""
        names = [str(place) for place in range(len(self._columns.names))]
        try:
            for batch in self._file.iter_batches(SLICE_ROWS, use_threads=False):
                if batch.num_rows:
                    yield from self._slicer.add(_plain(pa.Table.from_batches([batch])).rename_columns(names))
        except (pa.ArrowException, OSError, ValueError) as error:
            raise NotParquet(_short(error)) from error
        yield from self._slicer.rest()

    def _text_bytes(self, table: Table) -> int:
        return text_bytes(RowStorage.TYPED, table, self._facts.schema, self._columns.positions)

    def sheet(self) -> Sheet:
        names, feature_at = self._columns.names, {at: name for name, at in self._columns.positions.items()}
        places = list(range(len(names)))
        return Sheet(
            kind=RowStorage.TYPED,
            header=list(names),
            features=[feature_at.get(place) for place in places],
            places=places,
            **answers_of(self._facts),
        )


def _plain(table: Table) -> Table:
    """The table with its dictionaries decoded, because they may differ between parts of the file."""
    for place, column in enumerate(table.columns):
        if pa.types.is_dictionary(column.type):
            plain = column.cast(column.type.value_type)
            table = table.set_column(place, table.schema.field(place).name, plain)
    return table


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
