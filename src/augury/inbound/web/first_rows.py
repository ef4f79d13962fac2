"""The first rows of a file with their answers, as people read them."""

import csv
import io
from collections.abc import Sequence
from contextlib import aclosing

from augury.application.batches.ports import StoredBatch
from augury.inbound.tables.format import Format
from augury.inbound.web.outside import Outside
from augury.inbound.web.texts import Texts

FIRST_ROWS = 10
MOST_FIRST_BYTES = 100_000
MOST_CELL = 80
NOTES = 2
"""The last columns of the results: errors and warnings. The first column is the row's number."""
SHARE = "p_"
"""Names of columns with a class's probability begin with it. They are the last ones of an answer."""


async def first_rows(outside: Outside, stored: StoredBatch) -> tuple[list[str], list[list[str]]]:
    """The column names and the first rows with their answers, as far as they are ready."""
    read = bytearray()
    async with aclosing(outside.results().stream(stored, Format.CSV)) as pieces:  # type: ignore[type-var]  # it is a generator
        async for piece in pieces:
            read += piece[: MOST_FIRST_BYTES - len(read)]
            if read.count(b"\n") > FIRST_ROWS or len(read) >= MOST_FIRST_BYTES:
                break
    text = read.decode("utf-8-sig", "replace")
    table = [row for row, _ in zip(csv.reader(io.StringIO(text)), range(FIRST_ROWS + 1), strict=False)]
    return (_cut(table[0]), [_cut(row) for row in table[1:]]) if table else ([], [])


def readable(header: list[str], rows: list[list[str]], words: Texts) -> tuple[list[str], list[list[str]]]:
    """The table as a person reads it: rows count from 1, as in the list of errors, probabilities are
    percentages, and the columns for errors and warnings are left out where they are empty."""
    if not rows or any(len(row) != len(header) for row in rows):
        return header, rows
    notes = range(len(header) - NOTES, len(header))
    first = notes.start
    while first and header[first - 1].startswith(SHARE):
        first -= 1
    kept = [at for at in range(len(header)) if at not in notes or any(row[at] for row in rows)]
    for row in rows:
        row[0] = words("number", value=int(row[0]) + 1)
        for at in range(first, notes.start):
            row[at] = _percent(row[at], words)
    header[0] = words("column-row")
    return [header[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _percent(cell: str, words: Texts) -> str:
    try:
        return words("percent", share=round(float(cell) * 100, 1))
    except ValueError:  # empty, for a row without an answer
        return cell


def _cut(row: Sequence[str]) -> list[str]:
    return [cell if len(cell) <= MOST_CELL else f"{cell[: MOST_CELL - 1]}…" for cell in row]
