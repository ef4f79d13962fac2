"""What of a file is kept beside its rows, so that its results have its form and its other columns."""

from collections.abc import Iterable, Sequence

import msgspec

from augury.inbound.tables.reading import Table


class Sheet(msgspec.Struct, frozen=True):
    delimiter: str
    decimal: str
    header: Sequence[str]
    """The names of all columns, in their order."""
    features: Sequence[str | None]
    """For each column the feature that it is, None where the model does not know it."""
    carried: Sequence[Sequence[str]]
    """For each row its cells in the columns that the model does not know."""


def sheet_of(table: Table, carried: Sequence[Sequence[str]]) -> Sheet:
    """The form of the table, and what it carries; columns without a name and without a value are left out."""
    feature_at = {position: name for name, position in table.columns.positions.items()}
    unknown = table.columns.unknown
    kept = [
        place
        for place, position in enumerate(unknown)
        if table.columns.names[position] or any(cells[place].strip() for cells in carried)
    ]
    shown = sorted([*feature_at, *(unknown[place] for place in kept)])
    delimiter = table.dialect.delimiter if table.dialect.is_sure else _usual(table.decimal)
    return Sheet(
        delimiter=delimiter,
        # Programs that write semicolons do so because the comma is their decimal sign.
        decimal=table.decimal or ("," if delimiter == ";" else "."),
        header=[table.columns.names[position] for position in shown],
        features=[feature_at.get(position) for position in shown],
        carried=[[cells[place] for place in kept] for cells in carried],
    )


def plain_sheet(rows: Iterable[dict[str, object]]) -> Sheet:
    """For rows that came without a file, or before its form was kept."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return Sheet(delimiter=",", decimal=".", header=names, features=names, carried=())


def _usual(decimal: str | None) -> str:
    return ";" if decimal == "," else ","
