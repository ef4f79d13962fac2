"""A model's answers to some rows, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from augury.domain.answer import Answer
from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ValueIs
from augury.domain.model_facts import ModelFacts


@dataclass(frozen=True, slots=True)
class Scores:
    """One entry per row in each array."""

    finite: npt.NDArray[np.bool_]
    """Whether the row has an answer."""
    decided: npt.NDArray[Any] | None
    """The index of the class; or, rows by labels, which labels the row has; None for a regression."""
    numbers: npt.NDArray[np.float64]
    """Rows by names: the probabilities, or several values. The value of each row if a model has only one."""

    @classmethod
    def lost(cls, facts: ModelFacts, rows: int) -> Self:
        """`rows` rows without an answer."""
        width = len(facts.form.names) or (2 if facts.task is ModelTask.UNCERTAIN_REGRESSION else 0)
        shape = (rows, width) if width else (rows,)
        decided = {
            ModelTask.CLASSIFICATION: np.zeros(rows, np.intp),
            ModelTask.MULTILABEL: np.zeros(shape, np.bool_),
        }
        return cls(np.zeros(rows, np.bool_), decided.get(facts.task), np.zeros(shape))

    @classmethod
    def of_rows(cls, rows: Sequence["Scores | None"], facts: ModelFacts) -> Self:
        """Put rows together; None is a row that made the model raise."""
        lost = cls.lost(facts, 1)
        each = [row or lost for row in rows]
        decided = [row.decided for row in each if row.decided is not None]
        return cls(
            np.concatenate([row.finite for row in each]),
            np.concatenate(decided) if decided else None,
            np.concatenate([row.numbers for row in each]),
        )

    def rows(self) -> list["Scores"]:
        """The scores of each row alone."""
        return [self.part(slice(row, row + 1)) for row in range(len(self.finite))]

    def part(self, at: slice | npt.NDArray[np.intp]) -> "Scores":
        """The scores of these rows."""
        return Scores(self.finite[at], None if self.decided is None else self.decided[at], self.numbers[at])

    def answers(self, facts: ModelFacts) -> list[Answer | None]:
        """None for a row without an answer."""
        finite, numbers = self.finite.tolist(), self.numbers.tolist()
        match facts.task:
            case ModelTask.REGRESSION | ModelTask.RANKING:
                return [
                    {"value": value} if good else None for value, good in zip(numbers, finite, strict=True)
                ]
            case ModelTask.CLASSIFICATION:
                assert self.decided is not None
                classes, decided = facts.classes, self.decided.tolist()
                return [
                    {"label": classes[best], "probabilities": dict(zip(classes, row, strict=True))}
                    if good
                    else None
                    for best, row, good in zip(decided, numbers, finite, strict=True)
                ]
            case _:
                form = facts.form
                cells = (
                    numbers
                    if self.decided is None
                    else zip(self.labels(facts), *self.numbers.T.tolist(), strict=True)
                )
                return [form.answer(row) if good else None for row, good in zip(cells, finite, strict=True)]

    def labels(self, facts: ModelFacts) -> npt.NDArray[np.object_]:
        """The list of labels of each row."""
        assert self.decided is not None
        lists = np.empty(len(self.decided), dtype=object)
        for row, chosen in enumerate(self.decided.tolist()):
            lists[row] = [name for name, is_chosen in zip(facts.classes, chosen, strict=True) if is_chosen]
        return lists


def crossed(facts: ModelFacts, numbers: npt.NDArray[np.float64]) -> Sequence[int]:
    """The rows whose quantiles are not in the order of their alphas. Empty for other values."""
    if (
        facts.value_is is not ValueIs.QUANTILE
        or facts.task is not ModelTask.MULTI_REGRESSION
        or not len(numbers)
    ):
        return ()
    order = np.argsort([float(name) for name in facts.outputs], kind="stable")
    rows: list[int] = np.flatnonzero((np.diff(numbers[:, order], axis=1) < 0).any(axis=1)).tolist()
    return rows
