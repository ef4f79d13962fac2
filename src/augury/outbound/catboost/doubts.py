"""Converts doubts about the columns of a batch to warnings about the rows of its questions."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np

from augury.domain.row_errors import RowDoubt, RowWarning
from augury.domain.rows import CheckedRows
from augury.outbound.catboost.loaded import Doubt


def warnings_by_question(
    doubts: Sequence[Doubt], names: Sequence[str], checked: CheckedRows, counts: Sequence[int], *, most: int
) -> Iterator[tuple[RowWarning, ...]]:
    """The warnings of each question, in the order of its rows.

    `counts` has the number of rows of each question. A question has at most `most` warnings, and then one
    that counts the others.
    """
    places = np.concatenate([np.asarray(doubt.places, dtype=np.intp) for doubt in doubts])
    whose = np.repeat(np.arange(len(doubts)), [len(doubt.places) for doubt in doubts])
    invalid = np.array([error.row for error in checked.errors], dtype=np.intp)
    rows = np.delete(np.arange(sum(counts)), invalid)[places]
    columns = [-1 if doubt.column is None else doubt.column for doubt in doubts]
    order = np.lexsort(([columns[each] for each in whose.tolist()], rows))
    rows, whose = rows[order], whose[order]
    ends = list(accumulate(counts))
    for end, count in zip(ends, counts, strict=True):
        first, beyond = np.searchsorted(rows, [end - count, end]).tolist()
        last = min(beyond, first + most)
        warnings = [
            RowWarning(row - (end - count), _name(doubts[each], names), doubts[each].doubt)
            for row, each in zip(rows[first:last].tolist(), whose[first:last].tolist(), strict=True)
        ]
        if beyond > last:
            warnings.append(RowWarning(None, None, RowDoubt.MORE, beyond - last))
        yield tuple(warnings)


def _name(doubt: Doubt, names: Sequence[str]) -> str | None:
    return None if doubt.column is None else names[doubt.column]
