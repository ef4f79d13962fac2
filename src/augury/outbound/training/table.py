"""Reads the table that a model is trained on: a CSV or a Parquet file."""

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from augury.domain.model_facts import MOST_NAME_CHARACTERS
from augury.domain.reason_codes import ReasonCode
from augury.domain.text import is_storable
from augury.outbound.training.watch import Untrainable

Cell: TypeAlias = str | float | None
"""None is a missing value. A CSV file has only texts."""

_PARQUET = b"PAR1"
_DELIMITERS = ",;\t|"
_LONGEST = 1 << 24
"""Characters of one value."""
_SHOWN = 20
"""Characters of a name that is too long."""


@dataclass(frozen=True, slots=True)
class TrainingTable:
    name: str
    """The name of the file, without its folders."""
    sha256: str
    columns: Mapping[str, Sequence[Cell]]
    unusable: Mapping[str, str] = field(default_factory=dict)
    """The types of the columns that hold neither numbers, texts, dates nor booleans."""

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values())))

    def require_usable(self, name: str) -> None:
        """Raises `Untrainable` if there is no such column, or if its values cannot be used."""
        if (kind := self.unusable.get(name)) is not None:
            raise Untrainable(ReasonCode.COLUMN_TYPE, name=name, kind=kind)
        if name not in self.columns:
            known = ", ".join([*self.columns, *self.unusable])
            raise Untrainable(ReasonCode.NO_COLUMN, name=name, known=known)


def is_parquet(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_PARQUET)) == _PARQUET


def read_table(file: Path, encoding: str = "utf-8-sig") -> TrainingTable:
    """Read a Parquet file, or a CSV file in this encoding. Raises `OSError`, and `Untrainable` if the file is
    not a table with a header and rows."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    columns, unusable = _parquet(file) if is_parquet(file) else (_csv(file, encoding), {})
    if not any(map(len, columns.values())):
        raise Untrainable(ReasonCode.NO_ROWS, file=file.name)
    return TrainingTable(file.name, digest, columns, unusable)


def _parquet(file: Path) -> tuple[dict[str, Sequence[Cell]], dict[str, str]]:
    """The cells of the usable columns, and the types of the others."""
    try:
        schema = pq.read_schema(file)
        _require_good_names(schema.names)
        unusable = {each.name: str(each.type) for each in schema if _is_unusable(each.type)}
        usable = [name for name in schema.names if name not in unusable]
        table = pq.read_table(file, columns=usable)
        return {name: _cells(table.column(name)) for name in usable}, unusable
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        why = str(error).partition("\n")[0]
        raise Untrainable(ReasonCode.PARQUET_UNREADABLE, file=file.name, error=why) from error


def _is_unusable(kind: Any) -> bool:  # noqa: ANN401  # pyarrow has no types
    held = kind.value_type if pa.types.is_dictionary(kind) else kind
    is_binary = pa.types.is_binary(held) or pa.types.is_large_binary(held)
    return bool(pa.types.is_nested(held) or is_binary or pa.types.is_fixed_size_binary(held))


def _cells(column: Any) -> list[Cell]:  # noqa: ANN401  # pyarrow has no types
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_duration(kind):
        return [None if each is None else each.total_seconds() for each in column.to_pylist()]
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = column.cast(pa.float64(), safe=False).to_pylist()
        return [None if each is None or each != each else each for each in numbers]  # NaN
    if pa.types.is_temporal(kind):
        return [None if each is None else each.isoformat() for each in column.to_pylist()]
    return [None if each is None or each == "" else str(each) for each in column.to_pylist()]


@contextmanager
def _long_values() -> Iterator[None]:
    """Raise the limit on the length of a value while the context is open. The whole process has one limit."""
    before = csv.field_size_limit(_LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _csv(file: Path, encoding: str) -> dict[str, Sequence[Cell]]:
    with file.open(encoding=encoding, newline="") as lines, _long_values():
        try:
            delimiter = _delimiter(lines)
            records = csv.reader(lines, delimiter=delimiter, strict=True)
            header = [name.strip() or f"Unnamed: {place}" for place, name in enumerate(next(records, []))]
            rows = [row for row in records if row]
        except csv.Error as error:
            raise Untrainable(
                ReasonCode.CSV_BROKEN, file=file.name, line=records.line_num, error=str(error)
            ) from error
        except UnicodeDecodeError as error:
            raise Untrainable(ReasonCode.NOT_ENCODED, file=file.name, encoding=encoding) from error
    _require_good_names(header)
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise Untrainable(
                ReasonCode.CELL_COUNT, file=file.name, record=number, count=len(row), header=len(header)
            )
    return {name: [row[place] or None for row in rows] for place, name in enumerate(header)}


def _delimiter(lines: TextIO) -> str:
    """The character between cells. Leaves `lines` at the header, above which Excel may write `sep=;`."""
    first = lines.readline()
    if said := re.fullmatch(r"sep=(.)\r?\n?", first):
        return said[1]
    lines.seek(0)
    return max(_DELIMITERS, key=first.count)


def _require_good_names(names: Sequence[str]) -> None:
    if twice := next((name for name, count in Counter(names).items() if count > 1), None):
        raise Untrainable(ReasonCode.SAME_COLUMNS, name=twice)
    if long := next((name for name in names if len(name) > MOST_NAME_CHARACTERS), None):
        raise Untrainable(ReasonCode.LONG_COLUMN_NAME, name=f"{long[:_SHOWN]}…", most=MOST_NAME_CHARACTERS)
    if wrong := next((name for name in names if not is_storable(name)), None):
        raise Untrainable(ReasonCode.COLUMN_CHARACTERS, name=wrong.encode(errors="replace").decode())
