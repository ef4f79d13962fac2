"""Skips columns that contain the answer under another name."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind
from augury.outbound.training.kinds import Column, number_of
from augury.outbound.training.table import Cell
from augury.outbound.training.target import TrainingTarget

_WHY = Reason.of(ReasonCode.REVEALS_ANSWER)
_REPEATED = 0.5
"""The largest number of distinct pairs of cell and answer, per row. With more, pairs hardly repeat, and a
one-to-one match says nothing."""


def without_leaks(columns: Sequence[Column], target: TrainingTarget, wanted: Collection[str]) -> list[Column]:
    """Skip the columns that are copies of the target, except those that the operator `wanted`."""
    return [
        replace(each, kind=ColumnKind.SKIP, why=_WHY)
        if each.name not in wanted and each.kind is not ColumnKind.SKIP and _is_copy(each, target)
        else each
        for each in columns
    ]


def _is_copy(column: Column, target: TrainingTarget) -> bool:
    """Whether cells and answers match one to one. If most rows have values of their own, numbers must also
    have the order of the answers, or the reverse order."""
    if column.kind is ColumnKind.TEXT:
        return False
    pairs = set(zip(column.cells, target.values.tolist(), strict=True))
    if not len(pairs) == len({cell for cell, _ in pairs}) == len({answer for _, answer in pairs}):
        return False
    return len(pairs) <= _REPEATED * len(column.cells) or _have_one_order(pairs, column)


def _have_one_order(pairs: Collection[tuple[Cell, float]], column: Column) -> bool:
    """Whether larger answers have larger cells throughout, or smaller ones throughout."""
    if column.kind is not ColumnKind.NUMBER:
        return False
    numbers = [(number_of(cell, column.conventions), answer) for cell, answer in pairs]
    known = sorted((answer, cell) for cell, answer in numbers if cell is not None)
    steps = {later > earlier for (_, earlier), (_, later) in pairwise(known)}
    return len(steps) == 1
