"""Reads the column that a model will predict."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from augury.domain.model_facts import MOST_NAME_CHARACTERS
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import Plan, TrainingTask
from augury.outbound.training.features import as_text
from augury.outbound.training.kinds import no_number, number_conventions, number_of
from augury.outbound.training.table import Cell
from augury.outbound.training.watch import Untrainable

LEAST_OF_A_CLASS = 10
"""Rows. A smaller class cannot be learned, tested and cross-validated."""
MOST_CLASSES = 100
_MOST_WHOLE_CLASSES = 10
"""Whole numbers with at most this many different values are classes."""
_NEARLY_ALL = 0.9
NO_ANSWER = frozenset({"na", "n/a", "nan", "null", "#n/a", "<na>", "?"})
"""Answers, in lower case, that mean a missing one. "none" and "-" may be classes."""
_YES = ("1", "yes", "true", "y", "да", "spam", "churn", "positive", "1.0")


@dataclass(frozen=True, slots=True)
class TrainingTarget:
    """The answers of the rows that are used."""

    task: TrainingTask
    classes: tuple[str, ...]
    """In the order of their numbers. For two classes, the second one's probability counts."""
    values: npt.NDArray[np.float64]
    """The numbers of the classes, or the numbers to be predicted."""
    rows: npt.NDArray[np.intp]
    """The rows of the table that are used."""
    notes: Sequence[Reason]


def read_target(cells: Sequence[Cell], plan: Plan) -> TrainingTarget:
    """The target from the cells of its column. Raises `Untrainable` if they cannot be learned."""
    present = [row for row, cell in enumerate(cells) if not _is_missing(cell)]
    different = {cells[row] for row in present}
    conventions = number_conventions(different)
    task = plan.task or (
        TrainingTask.CLASSES if conventions is None or _are_classes(different) else TrainingTask.NUMBER
    )
    if task is TrainingTask.NUMBER:
        if conventions is None:
            raise _not_numbers(plan, different)
        numbers = {cell: number_of(cell, conventions) for cell in different}
        rows = np.array([row for row in present if numbers[cells[row]] is not None], dtype=np.intp)
        values = np.array([numbers[cells[row]] for row in rows], dtype=np.float64)
        if len(set(values)) < 2:
            raise Untrainable(ReasonCode.TARGET_CONSTANT, name=plan.target)
        return TrainingTarget(task, (), values, rows, _without_answer(len(cells) - len(rows), len(cells)))
    if plan.task is None and _are_mostly_numbers(different):
        raise _not_numbers(plan, different)
    notes = _without_answer(len(cells) - len(present), len(cells))
    return _classes([(row, as_text(cells[row])) for row in present], notes, plan)


def _is_missing(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in NO_ANSWER)


def _not_numbers(plan: Plan, different: set[Cell]) -> Untrainable:
    return Untrainable(ReasonCode.TARGET_NOT_NUMBERS, name=plan.target, value=no_number(different))


def _are_mostly_numbers(different: set[Cell]) -> bool:
    """Whether there are too many values for classes, and nine in ten are numbers."""
    if len(different) <= MOST_CLASSES:
        return False
    return sum(number_conventions([each]) is not None for each in different) > _NEARLY_ALL * len(different)


def _without_answer(count: int, rows: int) -> list[Reason]:
    return [Reason.of(ReasonCode.WITHOUT_ANSWER, count=count, rows=rows)] if count else []


def _are_classes(different: set[Cell]) -> bool:
    if len(different) > _MOST_WHOLE_CLASSES:
        return False
    return all(as_text(each).strip().removesuffix(".0").lstrip("-").isdigit() for each in different)


def _classes(labels: Sequence[tuple[int, str]], notes: list[Reason], plan: Plan) -> TrainingTarget:
    counts = Counter(label for _, label in labels)
    kept = {label: count for label, count in counts.items() if count >= LEAST_OF_A_CLASS}
    if rare := [f"{label!r} ({counts[label]})" for label in counts if label not in kept][:5]:
        names = ", ".join(rare)
        notes.append(Reason.of(ReasonCode.RARE_CLASSES, least=LEAST_OF_A_CLASS, names=names))
    if len(kept) > MOST_CLASSES:
        raise Untrainable(ReasonCode.MANY_CLASSES, name=plan.target, count=len(kept), most=MOST_CLASSES)
    if len(kept) < 2:
        raise Untrainable(ReasonCode.FEW_CLASSES, name=plan.target, least=LEAST_OF_A_CLASS)
    if long := next((name for name in kept if len(name) > MOST_NAME_CHARACTERS), None):
        raise Untrainable(ReasonCode.LONG_CLASS, name=f"{long[:20]}…", most=MOST_NAME_CHARACTERS)
    order = _ordered(kept, plan.positive)
    number = {label: place for place, label in enumerate(order)}
    used = [(row, number[label]) for row, label in labels if label in number]
    return TrainingTarget(
        TrainingTask.CLASSES,
        order,
        np.array([each for _, each in used], dtype=np.float64),
        np.array([row for row, _ in used], dtype=np.intp),
        notes,
    )


def _ordered(counts: dict[str, int], positive: str | None) -> tuple[str, ...]:
    """The classes, sorted by name. Of two, the positive one is second: the given one, else one like "yes",
    else the rarer one. Raises `Untrainable` if the given one does not occur."""
    names = sorted(counts)
    if positive is not None and positive not in counts:
        raise Untrainable(ReasonCode.NO_POSITIVE, name=positive, known=", ".join(names))
    if len(names) > 2:
        return tuple(names)
    yes = next((name for name in names if name.lower() in _YES), None)
    second = positive or yes or min(names, key=lambda name: counts[name])
    return (*(name for name in names if name != second), second)
