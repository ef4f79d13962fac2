"""A file's format and its other columns, which are kept besides its rows and reused for the results."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from augury.inbound.tables.reading import Table


class CsvSheet(msgspec.Struct, frozen=True):
    delimiter: str
    decimal: str
    header: Sequence[str]
    """The names of all columns, in order."""
    features: Sequence[str | None]
    """The feature of each column; None if the model does not know the column."""
    carried: Sequence[msgspec.Raw]
    """Each row's cells in the columns that the model does not know, as a JSON list: as text they take a
    fraction of the memory."""

    def carried_by(self, row: int) -> Sequence[str]:
        """The kept cells of a row, counted from 0. Empty if the sheet has none for this row."""
        return msgspec.json.decode(self.carried[row], type=list[str]) if row < len(self.carried) else ()


def sheet_of(table: Table) -> CsvSheet:
    """The table's format, and its cells in other columns. Columns with neither a name nor a value are left
    out."""
    feature_at = {position: name for name, position in table.columns.positions.items()}
    unknown = table.columns.unknown
    unnamed = {place for place, position in enumerate(unknown) if not table.columns.names[position]}
    blank = set(unnamed)
    for cells in table.others() if unnamed else ():
        blank -= {place for place in blank if cells[place].strip()}
    kept = [place for place in range(len(unknown)) if place not in blank]
    shown = sorted([*feature_at, *(unknown[place] for place in kept)])
    delimiter = table.dialect.delimiter if table.dialect.is_sure else _usual(table.decimal)
    return CsvSheet(
        delimiter=delimiter,
        # Programs use semicolons as delimiters because the comma is their decimal sign.
        decimal=table.decimal or ("," if delimiter == ";" else "."),
        header=[table.columns.names[position] for position in shown],
        features=[feature_at.get(position) for position in shown],
        carried=[
            msgspec.Raw(msgspec.json.encode([cells[place] for place in kept])) for cells in table.others()
        ],
    )


def plain_sheet(rows: Iterable[Mapping[str, object]]) -> CsvSheet:
    """A sheet for rows that came without a file, or before formats were stored."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return CsvSheet(delimiter=",", decimal=".", header=names, features=names, carried=())


def _usual(decimal: str | None) -> str:
    return ";" if decimal == "," else ","
