"""A CatBoost model in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from catboost import CatBoost

from augury.domain.answer import Answer
from augury.domain.model_facts import FeatureKind, ModelFacts, Task
from augury.domain.row_errors import RowDoubt
from augury.domain.rows import CheckedRows
from augury.outbound.catboost.categories import Categories
from augury.outbound.catboost.digits import shortened
from augury.outbound.catboost.file import PredictionType, prediction_type
from augury.outbound.catboost.seen import NOTHING_SEEN, Seen

_TOO_CLOSE = 1e-9  # probabilities are exact to 1e-12: closer ones may be ordered unlike the raw values

Table: TypeAlias = npt.NDArray[Any]
"""Rows by features: float32 if all features are numeric, else objects."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The indexes, among the predicted rows, of those whose value in one column makes the answer doubtful."""

    column: int
    doubt: RowDoubt
    places: Sequence[int]


@dataclass(frozen=True, slots=True)
class Scores:
    """A model's answers to some rows, as arrays with one entry per row."""

    finite: npt.NDArray[np.bool_]
    """Whether the row has an answer."""
    decided: npt.NDArray[np.intp] | None
    """The index of the class; None for a regression."""
    numbers: npt.NDArray[np.float64]
    """Rows by classes: the probabilities. For a regression, the value of each row."""

    @classmethod
    def none(cls, classes: int) -> Self:
        """No rows."""
        shape = (0, classes) if classes else (0,)
        return cls(np.empty(0, np.bool_), np.empty(0, np.intp) if classes else None, np.empty(shape))

    @classmethod
    def of_rows(cls, rows: Sequence["Scores | None"], facts: ModelFacts) -> Self:
        """Put rows together; None is a row that made the model raise."""
        width = len(facts.classes)
        lost = cls(np.zeros(1, np.bool_), np.zeros(1, np.intp), np.zeros((1, width) if width else 1))
        each = [row or lost for row in rows]
        return cls(
            np.concatenate([row.finite for row in each]),
            np.concatenate([np.zeros(1) if row.decided is None else row.decided for row in each]).astype(
                np.intp
            )
            if width
            else None,
            np.concatenate([row.numbers for row in each]),
        )

    def rows(self) -> list["Scores"]:
        """The scores of each row alone."""
        parts = [slice(row, row + 1) for row in range(len(self.finite))]
        return [
            Scores(self.finite[at], None if self.decided is None else self.decided[at], self.numbers[at])
            for at in parts
        ]

    def answers(self, facts: ModelFacts) -> list[Answer | None]:
        """None for a row without an answer."""
        finite = self.finite.tolist()
        if self.decided is None:
            return [
                {"value": value} if good else None
                for value, good in zip(self.numbers.tolist(), finite, strict=True)
            ]
        classes = facts.classes
        return [
            {"label": classes[best], "probabilities": dict(zip(classes, row, strict=True))} if good else None
            for best, row, good in zip(self.decided.tolist(), self.numbers.tolist(), finite, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory: how to call it, and how to read its answers."""

    catboost: CatBoost
    facts: ModelFacts
    asked: PredictionType
    threads: int
    categories: Mapping[int, Categories]
    """By the index of the feature."""
    never_null: Collection[int]
    """The indexes of features that certainly were never missing in training."""

    @classmethod
    def of(cls, catboost: CatBoost, facts: ModelFacts, found: ModelFacts, seen: Seen, threads: int) -> Self:
        """`facts` are the registered ones. They may have more categories than those of the file, `found`."""
        return cls(
            catboost,
            facts,
            prediction_type(facts),
            threads,
            {
                index: Categories(
                    seen.categories.get(index, NOTHING_SEEN),
                    {*feature.values, *itself.values},
                    texts_are_all=bool(feature.values or itself.values),
                )
                for index, (feature, itself) in enumerate(
                    zip(facts.schema.features, found.schema.features, strict=True)
                )
                if feature.kind is FeatureKind.CATEGORICAL
            },
            seen.never_null,
        )

    def read(self, checked: CheckedRows) -> tuple[Table, list[Doubt]]:
        """Convert the checked rows to the model's input. Also answers the doubts about their values."""
        numeric = all(feature.kind is FeatureKind.NUMERIC for feature in self.facts.schema.features)
        # None becomes NaN, CatBoost's missing number. A list of lists would take a third more time.
        table = np.array(checked.values, dtype=np.float32 if numeric else object)
        doubts = []
        for column, categories in self.categories.items():
            sent = [row[column] for row in checked.values]
            read, unseen = categories.read(sent, checked.kinds[column])
            if read is not sent:
                table[:, column] = read
            if unseen:
                doubts.append(Doubt(column, RowDoubt.UNSEEN_CATEGORY, unseen))
        for column in self.never_null:
            if NoneType in checked.kinds[column]:
                null = [place for place, row in enumerate(checked.values) if row[column] is None]
                doubts.append(Doubt(column, RowDoubt.UNSEEN_NULL, null))
        return table, doubts

    def answers(self, table: Table) -> list[Answer | None]:
        """One answer per row, or None if it is not a finite number. Calls the model once."""
        return self.scores(table).answers(self.facts)

    def scores(self, table: Table) -> "Scores":
        """The same as numbers. `table` may also be a pandas DataFrame."""
        predicted = self._predicted(table, self.asked)
        finite = np.isfinite(predicted)
        if self.facts.task is Task.REGRESSION:
            return Scores(finite, None, predicted)
        return Scores(finite.all(axis=1), self._decided(table, predicted), shortened(predicted))

    def _decided(self, table: Table, probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        """The index of each row's class, exactly as CatBoost decides.

        CatBoost compares raw values, which may differ even if the probabilities are equal. So CatBoost itself
        decides on rows whose probabilities are too close.
        """
        if (threshold := self.facts.threshold) is not None:
            margin = probabilities[:, 1] - threshold
            decided = (margin > 0).astype(np.intp)
        else:
            decided = probabilities.argmax(axis=1)
            best_two = np.partition(probabilities, -2, axis=1)
            margin = best_two[:, -1] - best_two[:, -2]
        close = np.abs(margin) < _TOO_CLOSE
        if close.any():
            labels = self._predicted(table[close], "Class").ravel().tolist()
            decided[close] = [self.facts.classes.index(str(label)) for label in labels]
        return decided

    def _predicted(self, table: Table, asked: PredictionType | Literal["Class"]) -> npt.NDArray[Any]:
        answer: npt.NDArray[Any] = self.catboost.predict(
            table, prediction_type=asked, thread_count=self.threads
        )
        return answer
