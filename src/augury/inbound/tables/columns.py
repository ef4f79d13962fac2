"""Matches columns to features."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from augury.domain.cells import NameIndex
from augury.domain.input_schema import InputSchema
from augury.inbound.tables.encoding import NAMES, UTF_8
from augury.inbound.tables.unreadable import DuplicateColumns, MisreadColumns, MissingColumns


@dataclass(frozen=True, slots=True)
class Columns:
    """The header of a table, with its names stripped, and the position of each feature."""

    names: Sequence[str]
    positions: Mapping[str, int]

    @property
    def unknown(self) -> Sequence[int]:
        """The positions of columns that the model does not know."""
        known = set(self.positions.values())
        return [position for position in range(len(self.names)) if position not in known]


def matched(header: Sequence[str], schema: InputSchema) -> Mapping[str, Sequence[int]]:
    """The positions of each feature that has a column, by the feature's name."""
    names = NameIndex([feature.name for feature in schema.features])
    found: dict[str, list[int]] = defaultdict(list)
    for position, cell in enumerate(header):
        if (name := names.find(cell)) is not None:
            found[name].append(position)
    return found


def columns_of(header: Sequence[str], schema: InputSchema, *, encoding: str = UTF_8) -> Columns:
    """Raises `MissingColumns` or `MisreadColumns`, and `DuplicateColumns` if a feature has several columns.
    Other columns may share a name: nothing depends on them."""
    found = matched(header, schema)
    missing = [feature.name for feature in schema.features if feature.name not in found]
    if missing and encoding in NAMES and not "".join(header).isascii():
        raise MisreadColumns(", ".join(missing), NAMES[encoding])
    if missing:
        raise MissingColumns(", ".join(missing))
    double = [name for name, positions in found.items() if len(positions) > 1]
    if double:
        raise DuplicateColumns(", ".join(double))
    return Columns([cell.strip() for cell in header], {name: found[name][0] for name in found})
