"""Skips columns that contain the answer under another name."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind
from augury.outbound.training.kinds import Column
from augury.outbound.training.target import Target

_WHY = Reason.of(ReasonCode.REVEALS_ANSWER)


def without_leaks(columns: Sequence[Column], target: Target, wanted: Collection[str]) -> list[Column]:
    """Skip the columns that are copies of the target, except those that the operator `wanted`."""
    return [
        replace(each, kind=ColumnKind.SKIP, why=_WHY)
        if each.name not in wanted and each.kind is not ColumnKind.SKIP and _is_copy(each, target)
        else each
        for each in columns
    ]


def _is_copy(column: Column, target: Target) -> bool:
    if column.kind is ColumnKind.TEXT:
        return False
    pairs = set(zip(column.cells, target.values.tolist(), strict=True))
    return len(pairs) == len({cell for cell, _ in pairs}) == len({answer for _, answer in pairs})
