"""The values of a slice's columns, as Python has them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from augury.inbound.tables.results.part import Part
from augury.slices.arrow import values_of
from augury.slices.sheet import RowStorage, Sheet

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def columns_of(sheet: Sheet, part: Part) -> Sequence[Sequence[Any]]:
    """The columns in the order of the header. A missing value is None."""
    if sheet.kind is RowStorage.JSON:
        rows = [{**_object(row), **_object(rest)} for row, rest in _texts(part)]
        return [[row.get(name) for row in rows] for name in sheet.header]
    return [values_of(part.table.column(place)) for place in sheet.places]


def objects_of(part: Part) -> Sequence[dict[str, msgspec.Raw]]:
    """The rows of a slice of JSON, with their values as they were written."""
    return [_members.decode(row) | _members.decode(rest) for row, rest in _texts(part, only_objects=True)]


def _texts(part: Part, *, only_objects: bool = False) -> Sequence[tuple[bytes, bytes]]:
    rows = part.table.column("row").to_pylist()
    if only_objects:
        rows = [row if row.lstrip().startswith(b"{") else b"{}" for row in rows]
    return list(zip(rows, part.table.column("carried").to_pylist(), strict=True))


def _object(text: bytes) -> dict[str, Any]:
    found = _anything.decode(text)
    return found if isinstance(found, dict) else {}
