"""The conventions by which the numbers of a file are written."""

from collections.abc import Mapping, Sequence

import pyarrow.compute as pc

from augury.domain.cells import number_in
from augury.domain.feature import FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.numbers import ALL, COMMAS, POINTS, Convention, TwoReadings, followed, readings
from augury.inbound.tables.columns import Columns
from augury.inbound.tables.unreadable import UnclearNumber
from augury.slices.arrow import Table
from augury.slices.sheet import names_of


class Conventions:
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
        """The names of the conventions of each column that does not follow all of them."""
        return {name: names_of(found) for name, found in self._looks.items() if found != ALL}

    def look(self, table: Table) -> None:
        """Look at the next slice, in the order of the slices."""
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


def _may_be_two(cell: str, sign: str) -> bool:
    """Whether the number can be read in two ways. A point counts as a comma here."""
    if sign not in cell:
        return False
    if sign == ".":
        cell = cell.replace(".", ",")
    return len(set(readings(cell).values())) > 1
