"""Shapley values: how much each feature of a row moves the model's raw values away from the average."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augury.domain.feature import FeatureKind
from augury.domain.model_facts import ModelFacts
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.outbound.catboost.forest import Forest, UnknownSplit
from augury.outbound.catboost.library import CatBoost, CatBoostError, Pool, words_of
from augury.outbound.catboost.metadata import dates_of
from augury.outbound.catboost.seen import category_hash
from augury.outbound.catboost.trial import neutral_row

MOST_WORK = 20_000_000
"""Models with more leaves, rounded up to a power of two for each tree, are not explained."""
TOLERANCE = 1e-6
"""The allowed difference between the sum of contributions and the raw value, relative to values above 1."""


class NotExplainable(Exception):
    """The model cannot be explained."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


Floats: TypeAlias = npt.NDArray[np.float64]
Table: TypeAlias = npt.NDArray[Any]
"""Rows by columns of the model."""


@dataclass(frozen=True, slots=True)
class Shares:
    """The contributions to the raw values of rows."""

    raw: Floats
    """Rows by dimensions."""
    base: Floats
    """The average raw values, rows by dimensions."""
    contributions: Floats
    """Rows by dimensions by features."""

    def add_up(self) -> npt.NDArray[np.bool_]:
        """Whether the base and the contributions of each row add up to its raw values."""
        error = np.abs(self.base + self.contributions.sum(axis=2) - self.raw)
        good: npt.NDArray[np.bool_] = np.asarray(
            (error <= TOLERANCE * np.maximum(1, np.abs(self.raw))).all(1)
        )
        return good


class Explainer:
    """Explains the rows of one model."""

    def __init__(self, catboost: CatBoost, facts: ModelFacts) -> None:
        """Raises `NotExplainable`, `UnknownSplit` or `CatBoostError` if the model cannot be explained."""
        self._catboost = catboost
        kinds = {feature.kind for feature in facts.schema.features}
        if FeatureKind.CATEGORICAL in kinds and kinds & {FeatureKind.TEXT, FeatureKind.EMBEDDING}:
            # CatBoost credits the wrong features (findings/catboost-shap-of-categories-beside-texts.sh).
            # Their sum is right, so nothing else would detect it.
            raise NotExplainable(Reason.of(ReasonCode.MIXED_FEATURES))
        features, parts = facts.schema.features, [len(each) for each in dates_of(catboost).values()]
        first = len(features) - len(parts)
        self._kinds = [feature.kind for feature in features[:first]] + [FeatureKind.NUMERIC] * sum(parts)
        self._places = [*range(first), *(first + at for at, count in enumerate(parts) for _ in range(count))]
        """The feature of each column of the model. A date has several columns."""
        self._forest = None if is_symmetric(catboost) else Forest(_exported(catboost))
        self._scale = float(catboost.get_scale_and_bias()[0])
        self._unscaled = catboost if self._forest or self._scale == 1 else _unscaled(catboost)

    def shares(self, table: Table) -> Shares:
        """Raises `CatBoostError`."""
        raw = self.raw(table)
        if self._forest is not None:
            found = np.array([self._by_trees(self._forest, row).T for row in table])
            return Shares(raw, np.broadcast_to(self._forest.base, raw.shape), self._by_feature(found))
        values = np.asarray(
            self._unscaled.get_feature_importance(self._pool(table), type="ShapValues", thread_count=1)
        )
        values = self._scale * values.reshape(len(raw), -1, len(self._kinds) + 1)
        raw = raw[:, : values.shape[1]]  # of a mean with its uncertainty, CatBoost explains only the mean
        return Shares(raw, values[:, :, -1], self._by_feature(values[:, :, :-1]))

    def _by_feature(self, contributions: Floats) -> Floats:
        """Sum up the contributions of each date's parts. The last axis becomes that of the features."""
        if self._places == list(range(len(self._kinds))):
            return contributions
        found = np.zeros((*contributions.shape[:2], self._places[-1] + 1))
        for column, place in enumerate(self._places):
            found[:, :, place] += contributions[:, :, column]
        return found

    def raw(self, table: Table) -> Floats:
        """Rows by dimensions."""
        raw = self._catboost.predict(table, prediction_type="RawFormulaVal", thread_count=1)
        return np.asarray(raw, dtype=np.float64).reshape(len(table), -1)

    def _by_trees(self, forest: Forest, row: Sequence[Any]) -> Floats:
        numbers, hashes = {}, {}
        for place, (kind, value) in enumerate(zip(self._kinds, row, strict=True)):
            if kind is FeatureKind.NUMERIC:
                numbers[place] = float(np.float32(np.nan if value is None else value))
            else:
                hashes[place] = category_hash(str(value))
        return forest.shapley(numbers, hashes, len(row))

    def _pool(self, table: Table) -> Pool:
        def of(kind: FeatureKind) -> list[int] | None:
            return [at for at, each in enumerate(self._kinds) if each is kind] or None

        return Pool(
            table,
            cat_features=of(FeatureKind.CATEGORICAL),
            text_features=of(FeatureKind.TEXT),
            embedding_features=of(FeatureKind.EMBEDDING),
            feature_names=list(self._catboost.feature_names_),
        )


def _unscaled(catboost: CatBoost) -> CatBoost:
    """A copy without the scale: its raw values, multiplied by the scale, are the model's. A calibrated model
    has a scale.

    CatBoost 1.2.10 refuses to explain a scaled model with one value. With several values it ignores the scale
    (findings/catboost-shap-of-scaled-models.sh).
    """
    scale, bias = catboost.get_scale_and_bias()
    copy = catboost.copy()
    parts = np.asarray(bias) / (scale or 1)
    copy.set_scale_and_bias(1, parts.tolist())
    return copy


def is_symmetric(catboost: CatBoost) -> bool:
    """Whether all trees are symmetric: CatBoost's Shapley values are right only for these."""
    symmetric: bool = catboost._object._is_oblivious()  # noqa: SLF001  # nothing public says it
    return symmetric


def with_explanations(catboost: CatBoost, facts: ModelFacts) -> ModelFacts:
    """The facts, with the work of explaining a row, or with the reason why the model cannot be explained."""
    try:
        return replace(facts, explain_work=_work(catboost, facts))
    except UnknownSplit as other:
        if other.is_statistic:
            return replace(facts, unexplained=Reason.of(ReasonCode.STATISTICS_OF_CATEGORIES))
        return replace(facts, unexplained=Reason.of(ReasonCode.UNKNOWN_SPLIT, what=str(other)))
    except NotExplainable as ours:
        return replace(facts, unexplained=ours.reason)
    except CatBoostError as error:
        reason = Reason.of(ReasonCode.NOT_EXPLAINED_BY_CATBOOST, error=words_of(error))
        return replace(facts, unexplained=reason)


def _work(catboost: CatBoost, facts: ModelFacts) -> int:
    """The work of explaining one row, in leaves (`ModelFacts.explain_work`). Raises `NotExplainable`,
    `UnknownSplit` or `CatBoostError` if the model cannot be explained."""
    leaves = [int(each) for each in catboost.get_tree_leaf_counts()]
    work = sum(1 << (each - 1).bit_length() for each in leaves)
    if work > MOST_WORK:
        raise NotExplainable(Reason.of(ReasonCode.TOO_MANY_LEAVES, leaves=work))
    shares = Explainer(catboost, facts).shares(neutral_row(catboost, facts.schema.features))
    if not shares.add_up().all():
        raise NotExplainable(Reason.of(ReasonCode.DOES_NOT_ADD_UP))
    return max(1, work)


def _exported(catboost: CatBoost) -> dict[str, Any]:
    """Raises `CatBoostError`, for example for a model of texts, and `UnknownSplit`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.json"
        catboost.save_model(str(file), format="json")
        exported: dict[str, Any] = json.loads(file.read_bytes())
    if "trees" not in exported:
        raise UnknownSplit("the trees are missing")
    return exported
