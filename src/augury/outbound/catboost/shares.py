"""How the features of rows move a model's raw values away from the average: Shapley values."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from catboost import CatBoost, CatBoostError, Pool

from augury.domain.model_facts import FeatureKind, ModelFacts
from augury.outbound.catboost.forest import Forest, UnknownSplit
from augury.outbound.catboost.loaded import Table, table_of
from augury.outbound.catboost.seen import category_hash

MOST_WORK = 20_000_000
"""Leaves of a model that can be explained at all."""
MOST_REASON_CHARACTERS = 200
TOLERANCE = 1e-6
"""By how much the sum of contributions may differ from the raw value, relative to values above 1."""
_STATISTICS = "they ask for statistics of categories: CatBoost explains such trees wrongly"
_NEUTRAL: dict[FeatureKind, Any] = {
    FeatureKind.NUMERIC: 0.0,
    FeatureKind.CATEGORICAL: "",
    FeatureKind.TEXT: "",
}

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shares:
    """How rows were moved away from the average."""

    raw: Floats
    """Rows by dimensions."""
    base: Floats
    """Rows by dimensions, too."""
    contributions: Floats
    """Rows by dimensions by features."""

    def add_up(self) -> npt.NDArray[np.bool_]:
        """The rows whose contributions lead from the base to the raw value."""
        error = np.abs(self.base + self.contributions.sum(axis=2) - self.raw)
        good: npt.NDArray[np.bool_] = np.asarray(
            (error <= TOLERANCE * np.maximum(1, np.abs(self.raw))).all(1)
        )
        return good


class Explainer:
    """Explains the rows of one model."""

    def __init__(self, catboost: CatBoost, facts: ModelFacts) -> None:
        """Raises `CatBoostError` or `UnknownSplit` if the model cannot be explained."""
        self._catboost = catboost
        self._features = facts.schema.features
        self._forest = None if is_symmetric(catboost) else Forest(_exported(catboost))

    def shares(self, table: Table) -> Shares:
        """Raises `CatBoostError`."""
        raw = self.raw(table)
        if self._forest is not None:
            found = np.array([self._by_trees(self._forest, row).T for row in table])
            return Shares(raw, np.broadcast_to(self._forest.base, raw.shape), found)
        values = np.asarray(
            self._catboost.get_feature_importance(self._pool(table), type="ShapValues", thread_count=1)
        )
        values = values.reshape(len(raw), -1, len(self._features) + 1)
        raw = raw[:, : values.shape[1]]  # of a mean and its uncertainty, CatBoost explains only the mean
        return Shares(raw, values[:, :, -1], values[:, :, :-1])

    def raw(self, table: Table) -> Floats:
        """Rows by dimensions."""
        raw = self._catboost.predict(table, prediction_type="RawFormulaVal", thread_count=1)
        return np.asarray(raw, dtype=np.float64).reshape(len(table), -1)

    def _by_trees(self, forest: Forest, row: Sequence[Any]) -> Floats:
        numbers, hashes = {}, {}
        for place, (feature, value) in enumerate(zip(self._features, row, strict=True)):
            if feature.kind is FeatureKind.NUMERIC:
                numbers[place] = float(np.float32(np.nan if value is None else value))
            else:
                hashes[place] = category_hash(str(value))
        return forest.shapley(numbers, hashes, len(row))

    def _pool(self, table: Table) -> Pool:
        def of(kind: FeatureKind) -> list[int] | None:
            return [at for at, feature in enumerate(self._features) if feature.kind is kind] or None

        return Pool(
            table,
            cat_features=of(FeatureKind.CATEGORICAL),
            text_features=of(FeatureKind.TEXT),
            embedding_features=of(FeatureKind.EMBEDDING),
            feature_names=[feature.name for feature in self._features],
        )


def is_symmetric(catboost: CatBoost) -> bool:
    """Whether all trees are: only of these does CatBoost compute Shapley values rightly."""
    symmetric: bool = catboost._object._is_oblivious()  # noqa: SLF001  # nothing public says it
    return symmetric


def with_explanations(catboost: CatBoost, facts: ModelFacts) -> ModelFacts:
    """The facts with the work of explaining a row, or with the reason why the model cannot be explained."""
    try:
        return replace(facts, explain_work=_work(catboost, facts))
    except UnknownSplit as other:
        what = _STATISTICS if other.is_statistic else f"they ask for {other}"
        return replace(facts, unexplained=f"its trees are not symmetric, and {what}")
    except CatBoostError as error:
        what = " ".join(str(error).split())
        return replace(facts, unexplained=what[:MOST_REASON_CHARACTERS])


def _work(catboost: CatBoost, facts: ModelFacts) -> int:
    """Raises `CatBoostError` or `UnknownSplit` if the model cannot be explained."""
    leaves = [int(each) for each in catboost.get_tree_leaf_counts()]
    work = sum(1 << (each - 1).bit_length() for each in leaves)
    if work > MOST_WORK:
        raise CatBoostError(f"one row is too much work: its trees have {work} leaves")
    row: list[Any] = []
    for feature in facts.schema.features:
        is_list = feature.kind is FeatureKind.EMBEDDING
        row.append([0.0] * (feature.length or 1) if is_list else _NEUTRAL[feature.kind])
    shares = Explainer(catboost, facts).shares(table_of(facts.schema.features, [tuple(row)]))
    if not shares.add_up().all():
        raise CatBoostError("the contributions of its features do not add up to its prediction")
    return max(1, work)


def _exported(catboost: CatBoost) -> dict[str, Any]:
    """Raises `CatBoostError`, such as for a model of texts, and `UnknownSplit`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.json"
        catboost.save_model(str(file), format="json")
        exported: dict[str, Any] = json.loads(file.read_bytes())
    if "trees" not in exported:
        raise UnknownSplit("the trees are missing")
    return exported
