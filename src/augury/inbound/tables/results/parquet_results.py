"""Results as a Parquet file, whose row groups are slices."""

import io
from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from typing_extensions import override

from augury.domain.answer_form import CellKind
from augury.inbound.tables.results.names import names_of
from augury.inbound.tables.results.part import Part
from augury.inbound.tables.results.values import columns_of
from augury.inbound.tables.results.words import ResultWords
from augury.inbound.tables.results.writer import RawPart, Writer
from augury.slices.arrow import Cells, Table
from augury.slices.sheet import RowStorage, Sheet

SLICES_TOGETHER, BYTES_TOGETHER = 8, 32 << 20
"""The most slices in one row group, and about the most bytes."""
_TYPES = {
    CellKind.TEXT: pa.string(),
    CellKind.TEXTS: pa.list_(pa.string()),
    CellKind.NUMBER: pa.float64(),
    CellKind.WHOLE_NUMBER: pa.int64(),
}


class ParquetWriter(Writer):
    def __init__(self, sheet: Sheet, words: ResultWords) -> None:
        self._sheet = sheet
        self._words = words
        self._sink = io.BytesIO()
        self._writer: Any = None
        self._waiting: list[Any] = []

    @override
    def begin(self) -> bytes:
        return b""

    @override
    def write(self, raw: RawPart) -> bytes:
        part = Part.of(raw)
        self._waiting.append(self._table(part))
        is_large = sum(each.nbytes for each in self._waiting) > BYTES_TOGETHER
        if is_large or len(self._waiting) == SLICES_TOGETHER:
            self._write()
        return self._taken()

    @override
    def end(self) -> bytes:
        if self._waiting:
            self._write()
        if self._writer is None:  # no slice has ended yet
            self._open(self._table_of([], [[] for _ in self._sheet.header], None))
        self._writer.close()
        return self._taken()

    def _write(self) -> None:
        table = pa.concat_tables(self._waiting)
        if self._writer is None:
            self._open(table)
        self._writer.write_table(table, row_group_size=table.num_rows)
        self._waiting = []

    def _open(self, table: Table) -> None:
        self._writer = pq.ParquetWriter(_Kept(self._sink), table.schema, compression="zstd")

    def _taken(self) -> bytes:
        content = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return content

    def _table(self, part: Part) -> Table:
        rows = list(range(part.first_row, part.first_row + len(part)))
        if self._sheet.kind is RowStorage.JSON:
            columns = [pa.array(map(_text, each), pa.string()) for each in columns_of(self._sheet, part)]
        else:
            columns = [part.table.column(place).combine_chunks() for place in self._sheet.places]
        return self._table_of(rows, columns, part)

    def _table_of(self, rows: list[int], columns: Sequence[Cells], part: Part | None) -> Table:
        names, found = names_of(self._sheet), self._sheet.form.columns
        answers = [part.column(each.key) if part else [] for each in found]
        errors, warnings = part.remarks(self._words) if part else ([], [])
        arrays = {names.row: pa.array(rows, pa.int64())}
        arrays |= {
            name: each if isinstance(each, pa.Array) else pa.array(each, pa.string())
            for name, each in zip(names.columns, columns, strict=True)
        }
        arrays |= {
            name: pa.array(values, _TYPES[each.kind])
            for name, values, each in zip(names.answers, answers, found, strict=True)
        }
        arrays[names.error], arrays[names.warning] = (
            pa.array(errors, pa.string()),
            pa.array(warnings, pa.string()),
        )
        return pa.table(arrays)


class _Kept(io.RawIOBase):
    """A sink whose bytes are removed repeatedly. Its position counts all bytes ever written."""

    def __init__(self, sink: io.BytesIO) -> None:
        self._sink = sink
        self._written = 0

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Any) -> int:
        size = self._sink.write(data)
        self._written += size
        return size

    @override
    def tell(self) -> int:
        return self._written


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
