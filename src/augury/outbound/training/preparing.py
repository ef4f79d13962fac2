"""Prepares a table for training: the kinds of its columns, the used rows, and their split."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind, Plan, TrainingTask
from augury.outbound.training.features import Features, beside_texts, dates_in
from augury.outbound.training.kinds import Column, columns_of, number_conventions, number_of
from augury.outbound.training.leaks import without_leaks
from augury.outbound.training.split import (
    FOLDS,
    Places,
    Split,
    random_split,
    strata_of,
    time_split,
    units_of,
)
from augury.outbound.training.table import Cell, TrainingTable
from augury.outbound.training.target import TrainingTarget, read_target
from augury.outbound.training.watch import Untrainable, Watch

LEAST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Prepared:
    """The used columns and rows. Places are indexes of these rows."""

    table: TrainingTable
    """All rows."""
    columns: Sequence[Column]
    features: Features
    target: TrainingTarget
    split: Split
    notes: Sequence[Reason]
    """Rows and classes that are left out."""

    @property
    def every_row(self) -> Places:
        return np.arange(len(self.target.values))


def prepare(table: TrainingTable, plan: Plan, watch: Watch) -> Prepared:
    """Prepare the table, and report what was found to `watch`. Raises `Untrainable`."""
    for name in filter(None, (plan.target, plan.time, plan.group)):
        table.require_usable(name)
    for name, kind in plan.kinds.items():
        if kind is not ColumnKind.SKIP or name not in table.unusable:
            table.require_usable(name)
    whole, table = table, _with_time(table, plan.time) if plan.time else table
    target = read_target(table.columns[plan.target], plan)
    notes = [*_without_time(whole, table), *target.notes]
    if len(target.rows) < LEAST_ROWS:
        raise Untrainable(ReasonCode.FEW_ANSWERS, count=len(target.rows), least=LEAST_ROWS)
    if plan.cost is not None and len(target.classes) != 2:
        raise Untrainable(ReasonCode.NOT_TWO_CLASSES)
    used = {name: [cells[row] for row in target.rows] for name, cells in table.columns.items()}
    without = {name for name in (plan.target, plan.time, plan.group) if name}
    found = without_leaks(columns_of(used, plan.kinds, without), target, plan.kinds)
    columns = [*beside_texts(found), *map(_unusable, table.unusable.items())]
    for each in (*map(_found, columns), *notes):
        watch.on_found(each)
    features = Features.of(columns)
    split = _split(used, features, target, plan)
    watch.on_found(Reason.of(ReasonCode.SPLIT, [split.how], train=len(split.train), test=len(split.test)))
    if alone := _one_class(target, split):
        watch.on_found(alone)
        notes.append(alone)
    return Prepared(whole, columns, features, target, split, notes)


def _one_class(target: TrainingTarget, split: Split) -> Reason | None:
    """A remark if all rows of the test have the same class."""
    tested = np.unique(target.values[split.test])
    if not target.classes or len(tested) > 1:
        return None
    return Reason.of(ReasonCode.ONE_CLASS_IN_TEST, label=target.classes[int(tested[0])])


def _unusable(column: tuple[str, str]) -> Column:
    name, kind = column
    why = Reason.of(ReasonCode.COLUMN_TYPE, name=name, kind=kind)
    return Column(name, ColumnKind.SKIP, why, ())


def _found(column: Column) -> Reason:
    if column.kind is ColumnKind.SKIP:
        return Reason.of(ReasonCode.COLUMN_SKIPPED, [column.why], name=column.name)
    return Reason.of(ReasonCode.COLUMN_USED, [column.why], name=column.name, kind=column.kind)


def _with_time(table: TrainingTable, time: str) -> TrainingTable:
    """The rows whose time is known."""
    known = np.isfinite(_times(time, table.columns[time]))
    if known.all():
        return table
    columns = {
        name: [cell for cell, kept in zip(cells, known, strict=True) if kept]
        for name, cells in table.columns.items()
    }
    if not known.any():
        raise Untrainable(ReasonCode.NOT_TIMES, name=time)
    return replace(table, columns=columns)


def _without_time(whole: TrainingTable, table: TrainingTable) -> list[Reason]:
    without = whole.rows - table.rows
    return [Reason.of(ReasonCode.WITHOUT_TIME, count=without, rows=whole.rows)] if without else []


def _times(name: str, cells: Sequence[Cell]) -> npt.NDArray[np.float64]:
    """The times as numbers with the same order, NaN if missing. Raises `Untrainable`."""
    conventions = number_conventions(set(cells) - {None})
    if conventions is not None:
        numbers = [number_of(cell, conventions) for cell in cells]
        return np.array([np.nan if each is None else each for each in numbers])
    dates = dates_in(cells)
    if not any(dates):
        raise Untrainable(ReasonCode.NOT_TIMES, name=name)
    epoch = min(filter(None, dates))
    return np.array([np.nan if each is None else (each - epoch).total_seconds() for each in dates])


def _split(used: dict[str, list[Cell]], features: Features, target: TrainingTarget, plan: Plan) -> Split:
    units, how = units_of(
        features.row_hashes(), used[plan.group] if plan.group else None, has_texts=bool(features.texts)
    )
    if plan.time:
        made = time_split(units, _times(plan.time, used[plan.time]), folds=FOLDS, duplicates=how)
    else:
        strata = strata_of(target.values, are_classes=target.task is TrainingTask.CLASSES)
        made = random_split(units, strata, folds=FOLDS, seed=plan.seed, duplicates=how)
    sides = [made.train, made.test, *(side for fold in made.folds for side in (fold.train, fold.validate))]
    if any(len(side) < 2 for side in sides):
        raise Untrainable(ReasonCode.FEW_UNITS)
    if target.classes and len(np.unique(target.values[made.train])) < len(target.classes):
        raise Untrainable(ReasonCode.CLASS_ONLY_IN_TEST)
    return made
