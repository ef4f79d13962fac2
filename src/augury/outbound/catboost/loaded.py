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

_TOO_CLOSE = 1e-9  # of probabilities, which are exact to 1e-12: their order may not be that of the raw values

Table: TypeAlias = npt.NDArray[Any]
"""Rows by features: of float32 where all are numbers, else of objects."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The places of the rows, among those that are predicted, whose value in one column may mislead."""

    column: int
    doubt: RowDoubt
    places: Sequence[int]


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory: what to ask of it and how to read its answers."""

    catboost: CatBoost
    facts: ModelFacts
    asked: PredictionType
    threads: int
    categories: Mapping[int, Categories]
    """By the index of the feature."""
    never_null: Collection[int]
    """Features that were never missing in training, where that is certain."""

    @classmethod
    def of(cls, catboost: CatBoost, facts: ModelFacts, found: ModelFacts, seen: Seen, threads: int) -> Self:
        """`facts` as they were registered, which may name more categories than the file itself (`found`)."""
        return cls(
            catboost,
            facts,
            prediction_type(facts),
            threads,
            {
                index: Categories(
                    seen.categories.get(index, NOTHING_SEEN),
                    {*feature.values, *itself.values},
                    texts_are_all=bool(itself.values),
                )
                for index, (feature, itself) in enumerate(
                    zip(facts.schema.features, found.schema.features, strict=True)
                )
                if feature.kind is FeatureKind.CATEGORICAL
            },
            seen.never_null,
        )

    def read(self, checked: CheckedRows) -> tuple[Table, list[Doubt]]:
        """The checked rows as the model takes them, and what may mislead it there."""
        numeric = all(feature.kind is FeatureKind.NUMERIC for feature in self.facts.schema.features)
        # None becomes NaN, which is CatBoost's missing number; a list of lists would cost a third more.
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
        """One answer a row, None where it is no finite number; one call of the model."""
        predicted = self._predicted(table, self.asked)
        finite = np.isfinite(predicted)
        if self.facts.task is Task.REGRESSION:
            return [
                {"value": value} if good else None
                for value, good in zip(predicted.tolist(), finite.tolist(), strict=True)
            ]
        return self._classified(predicted, self._decided(table, predicted), finite.all(axis=1).tolist())

    def _classified(
        self,
        probabilities: npt.NDArray[np.float64],
        decided: npt.NDArray[np.intp],
        finite: Sequence[bool],
    ) -> list[Answer | None]:
        classes = self.facts.classes
        return [
            {"label": classes[best], "probabilities": dict(zip(classes, row, strict=True))} if good else None
            for best, row, good in zip(
                decided.tolist(),
                shortened(probabilities).tolist(),
                finite,
                strict=True,
            )
        ]

    def _decided(self, table: Table, probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        """The index of each row's class, exactly as CatBoost decides.

        CatBoost compares raw values, which may differ where the probabilities are the same. So it is asked
        itself about the rows that are too close to call.
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
