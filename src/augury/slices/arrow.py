"""Slices and their answers as bytes: an Arrow stream, compressed by columns."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa

from augury.domain.row_errors import RowDoubt, RowError, RowFault, RowWarning

# pyarrow has no type hints.
Table: TypeAlias = Any
Cells: TypeAlias = Any
"""An array, or several as one column."""


class _NoPandas(MetaPathFinder):
    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _leave_pandas_out() -> None:
    """Arrow looks for pandas once, when it first converts a Python value. That would load 70 MB where pandas
    is installed, and two threads that do so at the same time get a `TypeError`."""
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([""])
    finally:
        sys.meta_path.remove(finder)


_leave_pandas_out()
# Arrow's own allocator keeps tens of megabytes for a few that are in use.
pa.set_memory_pool(pa.system_memory_pool())
# A slice is small: compressing its columns takes less time than starting threads.
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
_READ = pa.ipc.IpcReadOptions(use_threads=False)
_WARNINGS = b"warnings"
_warnings = msgspec.json.Decoder(list[tuple[int | None, str | None, RowDoubt, int]])
FIELD, FAULT = "field", "fault"


def encoded(table: Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_OPTIONS) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def decoded(content: bytes) -> Table:
    with pa.ipc.open_stream(content, options=_READ) as reader:
        return reader.read_all()


def values_of(cells: Cells) -> list[Any]:
    """The values as Python has them. A text that is not UTF-8 is bytes. A time that Python cannot hold is a
    text, as Arrow writes it in the column's time zone: Python's times have no nanoseconds, and end with the
    year 9999."""
    try:
        values: list[Any] = cells.to_pylist()
    except _NOT_HELD:
        values = [_value_of(cells.slice(place, 1)) for place in range(len(cells))]
    return values


_NOT_HELD = (ValueError, OverflowError, LookupError)  # the last one for an unknown time zone


def _value_of(cell: Cells) -> Any:  # noqa: ANN401  # a value of any type
    """The value of a column with one value."""
    with suppress(*_NOT_HELD):
        return cell.to_pylist()[0]
    if pa.types.is_string(cell.type) or pa.types.is_large_string(cell.type):
        return cell.cast(pa.large_binary()).to_pylist()[0]
    with suppress(pa.ArrowException):
        return cell.cast(pa.string()).to_pylist()[0]
    return " ".join(cell.to_string().split())  # a list or a structure with such a value


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to a slice, one row for each of its rows.

    The columns are those of the model's `AnswerForm` by their keys, then `field` and `fault` of the row's
    error. Missing values are null.
    """

    table: Table
    warnings: Sequence[RowWarning]

    def errors(self) -> list[RowError]:
        faults = self.table[FAULT].combine_chunks()
        if faults.null_count == len(faults):
            return []
        fields = self.table[FIELD].to_pylist()
        return [
            RowError(row, fields[row], RowFault(fault))
            for row, fault in enumerate(faults.to_pylist())
            if fault is not None
        ]

    def encoded(self) -> bytes:
        told = [(each.row, each.field, each.doubt, each.count) for each in self.warnings]
        return encoded(self.table.replace_schema_metadata({_WARNINGS: msgspec.json.encode(told)}))

    @classmethod
    def decoded(cls, content: bytes) -> "Answers":
        table = decoded(content)
        told = _warnings.decode((table.schema.metadata or {}).get(_WARNINGS, b"[]"))
        return cls(table, [RowWarning(*each) for each in told])
