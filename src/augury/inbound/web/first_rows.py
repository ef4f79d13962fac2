"""The first rows of a file with their answers, as people read them."""

import csv
import io
import re
from collections.abc import Sequence
from contextlib import aclosing

from augury.application.batches.ports import StoredBatch
from augury.domain.model_texts import ModelTexts
from augury.domain.row_errors import RowDoubt, RowFault
from augury.inbound.web.outside import Outside
from augury.inbound.web.row_form import doubt, reason
from augury.inbound.web.texts import Texts

FIRST_ROWS = 10
MOST_FIRST_BYTES = 100_000
MOST_CELL = 80
NOTES = 2
"""The last columns of the results: errors and warnings. The first column is the row's number."""
LABEL = "label"
"""The column before the probabilities, if the answers are labels."""
OTHERS = "p_others"
SHARE = "p_"
"""Names of columns with a class's probability begin with it. They are the last ones of an answer."""
_FIRST_NAME = re.compile(r"\w+(\W)")
"""The first column's name, which is ours, and the delimiter: results have that of the file that was sent."""


async def first_rows(
    outside: Outside, stored: StoredBatch, words: Texts
) -> tuple[list[str], list[list[str]]]:
    """The column names and the first rows with their answers, as far as they are ready."""
    read = bytearray()
    rows = outside.results().worded(
        stored,
        faults={each: reason(words, each) for each in RowFault},
        doubts={each: doubt(words, each, count="{count}") for each in RowDoubt},
        not_predicted=lambda status: words("file-part-ended", status=words(f"status-{status}")),
    )
    async with aclosing(rows) as pieces:
        async for piece in pieces:
            read += piece[: MOST_FIRST_BYTES - len(read)]
            if read.count(b"\n") > FIRST_ROWS or len(read) >= MOST_FIRST_BYTES:
                break
    text = read.decode("utf-8-sig", "replace")
    begin = _FIRST_NAME.match(text)
    lines = csv.reader(io.StringIO(text), delimiter=begin[1] if begin else ",")
    table = [row for row, _ in zip(lines, range(FIRST_ROWS + 1), strict=False)]
    return (_cut(table[0]), [_cut(row) for row in table[1:]]) if table else ([], [])


def readable(
    header: list[str], rows: list[list[str]], names: ModelTexts, words: Texts
) -> tuple[list[str], list[list[str]]]:
    """The table as a person reads it: rows count from 1, as in the list of errors, labels have their names,
    probabilities are percentages, and the columns for errors and warnings are left out where they are
    empty."""
    if not rows or len(header) <= NOTES or any(len(row) != len(header) for row in rows):
        return header, rows
    notes = range(len(header) - NOTES, len(header))
    first = notes.start
    while first and header[first - 1].startswith(SHARE):
        first -= 1
    is_listed = OTHERS in header  # the likeliest classes only, which differ from row to row
    has_label = header[first - 1] == LABEL and not is_listed
    kept = [at for at in range(len(header)) if at not in notes or any(row[at] for row in rows)]
    for row in rows:
        row[0] = words("number", value=int(row[0]) + 1)
        for at in range(first, notes.start):
            row[at] = _percent(row[at], words)
        if has_label:
            row[first - 1] = names.label(row[first - 1], words.language)
    header[0] = words("column-row")
    if has_label:
        header[first - 1] = words("column-answer")
    for at in range(first, notes.start) if not is_listed else ():
        header[at] = names.label(header[at].removeprefix(SHARE), words.language)
    for at, name in zip(notes, ("errors", "warnings"), strict=True):
        header[at] = words(name)
    return [header[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _percent(cell: str, words: Texts) -> str:
    try:
        share = float(cell.replace(",", "."))  # the decimal sign is also that of the file
        return words("percent", share=round(share * 100, 1))
    except ValueError:  # empty, for a row without an answer
        return cell


def _cut(row: Sequence[str]) -> list[str]:
    return [cell if len(cell) <= MOST_CELL else f"{cell[: MOST_CELL - 1]}…" for cell in row]
