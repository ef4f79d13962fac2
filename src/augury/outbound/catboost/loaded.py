"""A CatBoost model in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from augury.domain.answer import Answer
from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ReadAs, ValueIs
from augury.domain.feature import Feature, FeatureKind
from augury.domain.model_facts import ModelFacts
from augury.domain.row_errors import RowDoubt
from augury.domain.rows import CheckedRows
from augury.outbound.catboost.categories import Categories
from augury.outbound.catboost.dates import Parts, with_parts
from augury.outbound.catboost.digits import shortened
from augury.outbound.catboost.file import prediction_type
from augury.outbound.catboost.library import CatBoost
from augury.outbound.catboost.likeliest import Tops, listed
from augury.outbound.catboost.metadata import dates_of
from augury.outbound.catboost.scores import Scores, crossed
from augury.outbound.catboost.seen import NOTHING_SEEN, Seen
from augury.outbound.catboost.trial import PredictionType
from augury.outbound.catboost.vocabulary import Vocabulary

_HALF = 0.5
_TOO_CLOSE = 1e-9  # probabilities are accurate to 1e-12: the raw values of closer ones may differ in order

Table: TypeAlias = npt.NDArray[Any]
"""Rows by features: float32 if all features are numeric, else objects."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The indexes, among the predicted rows, of those whose value in one column makes the answer doubtful."""

    column: int | None
    """None if the doubt is about the answer itself."""
    doubt: RowDoubt
    places: Sequence[int]


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory: how to call it, and how to read its answers."""

    catboost: CatBoost
    facts: ModelFacts
    asked: PredictionType
    threads: int
    categories: Mapping[int, Categories]
    """By the index of the feature."""
    vocabularies: Mapping[int, Vocabulary]
    """By the index of the feature, for those with categories."""
    never_null: Collection[int]
    """The indexes of features that certainly were never missing in training."""
    dates: Mapping[int, Parts]
    """By the index of the feature: the parts of a date that the model takes. Dates are the last features."""

    @classmethod
    def of(cls, catboost: CatBoost, facts: ModelFacts, found: ModelFacts, seen: Seen, threads: int) -> Self:
        """`facts` are the registered ones. They may have more categories than those of the file, `found`."""
        first = len(facts.schema.features) - len(parts := list(dates_of(catboost).values()))
        dates = {first + index: each for index, each in enumerate(parts)}
        places = [*range(first), *(index for index, each in dates.items() for _ in each)]
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
            {
                index: Vocabulary()
                for index, feature in enumerate(facts.schema.features)
                if feature.kind is FeatureKind.CATEGORICAL
            },
            {places[column] for column in seen.never_null},
            dates,
        )

    def read(self, checked: CheckedRows) -> tuple[Table, list[Doubt]]:
        """Convert the checked rows to the model's input. Also returns the doubts about their values."""
        table = table_of(self.facts.schema.features, checked.values)
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
        return with_parts(table, self.dates) if self.dates else table, doubts

    def answers(self, table: Table, tops: Tops | None = None) -> list[Answer | None]:
        """One answer per row, or None if it is not a finite number. Calls the model once. `tops` has the
        number of listed classes for each row."""
        scores = self.scores(table)
        return scores.answers(self.facts) if tops is None else listed(scores, self.facts, tops)

    def doubts_of(self, answers: Sequence[Answer | None]) -> list[Doubt]:
        """The doubts about the answers themselves."""
        if self.facts.value_is is not ValueIs.QUANTILE:
            return []
        found = [(place, each["values"]) for place, each in enumerate(answers) if each and "values" in each]
        rows = crossed(self.facts, np.array([list(values.values()) for _, values in found]))
        return [Doubt(None, RowDoubt.CROSSED_QUANTILES, [found[row][0] for row in rows])] if rows else []

    def scores(self, table: Table) -> Scores:
        """The answers as arrays. `table` may also be a pandas DataFrame."""
        predicted = self._predicted(table, self.asked)
        match self.facts.task:
            case ModelTask.CLASSIFICATION:
                return Scores(_finite(predicted), self._decided(table, predicted), shortened(predicted))
            case ModelTask.MULTILABEL:  # a single label has the probability of its lack, too
                predicted = predicted[:, -len(self.facts.classes) :]
                return Scores(_finite(predicted), self._chosen(table, predicted), shortened(predicted))
            case ModelTask.MULTI_REGRESSION | ModelTask.UNCERTAIN_REGRESSION:
                numbers = self._read(predicted.reshape(len(predicted), -1))
                return Scores(_finite(numbers), None, numbers)
            case ModelTask.REGRESSION | ModelTask.RANKING:
                return Scores(np.isfinite(predicted), None, predicted)

    def _read(self, raw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Several raw values in the unit of the answers."""
        with np.errstate(over="ignore"):
            if (
                self.facts.task is ModelTask.UNCERTAIN_REGRESSION
            ):  # the second is the logarithm of the deviation
                return np.column_stack([raw[:, 0], np.exp(raw[:, 1])])
            return np.exp(raw) if self.facts.read_as is ReadAs.EXPONENT else raw

    def _chosen(self, table: Table, probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which labels each row has, exactly as CatBoost decides (see `_decided`)."""
        chosen: npt.NDArray[np.bool_] = probabilities > _HALF
        close = (np.abs(probabilities - _HALF) < _TOO_CLOSE).any(axis=1)
        if close.any():
            decided = self._predicted(table[close], "Class")
            chosen[close] = decided.reshape(int(close.sum()), -1).astype(np.bool_)
        return chosen

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


def _finite(numbers: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """The rows that have only finite numbers."""
    finite: npt.NDArray[np.bool_] = np.isfinite(numbers).all(axis=1)
    return finite


def table_of(features: Sequence[Feature], rows: Sequence[tuple[Any, ...]]) -> Table:
    kinds = {feature.kind for feature in features}
    if FeatureKind.EMBEDDING not in kinds:
        # None becomes NaN, CatBoost's missing number. Rows are tuples: lists would take a third more time.
        return np.array(rows, dtype=np.float32 if kinds == {FeatureKind.NUMERIC} else object)
    table = np.empty((len(rows), len(features)), dtype=object)
    for place, (feature, column) in enumerate(zip(features, zip(*rows, strict=True), strict=False)):
        if feature.kind is FeatureKind.EMBEDDING:
            table[:, place] = embeddings(feature, column)
        else:
            table[:, place] = column
    return table


def embeddings(feature: Feature, values: Sequence[object]) -> npt.NDArray[np.object_]:
    """The lists as objects. CatBoost takes those of an unused feature only if they are equally long."""
    cells = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        cells[place] = value if feature.length else [0.0]
    return cells
