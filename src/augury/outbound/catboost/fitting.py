"""Fits CatBoost models. After each tree, a callback reports the progress and may end the fit."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import Plan, TrainingTask
from augury.outbound.catboost.dictionaries import text_processing
from augury.outbound.catboost.library import CatBoost, Pool, load_pandas
from augury.outbound.training.features import MOST_BESIDE_TEXTS, Features
from augury.outbound.training.split import FOLDS, Places
from augury.outbound.training.target import TrainingTarget
from augury.outbound.training.watch import Watch

load_pandas()  # features are DataFrames

PATIENCE = 60
"""Trees without a better validation loss after which a fit ends."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings to try."""

    settings: Mapping[str, Any]

    def chosen(self, folds: int) -> Reason:
        """How the model was trained, if so many folds were used."""
        is_ordered = self.settings.get("boosting_type") == "Ordered"
        code = ReasonCode.ORDERED_TREES if is_ordered else ReasonCode.TREES
        return Reason.of(code, depth=self.settings["depth"], folds=folds, all=FOLDS)


def recipes(features: Features) -> Sequence[Recipe]:
    """The recipes for these features, the most promising first.

    If there are texts, every category is one-hot: with target statistics of a category (CTR), CatBoost 1.2.10
    gives each row the text features of another row during training.
    """
    if not features.texts:
        return (
            Recipe({"depth": 6, "learning_rate": 0.08, "one_hot_max_size": 10}),
            Recipe({"depth": 4, "learning_rate": 0.1, "one_hot_max_size": 10}),
        )
    shallow = {"depth": 3, "learning_rate": 0.1, "one_hot_max_size": MOST_BESIDE_TEXTS}
    ordered = Recipe({**shallow, "boosting_type": "Ordered"})
    if len(features.frame.columns) == len(features.texts):
        return Recipe({**shallow, "boosting_type": "Plain"}), ordered
    deeper = {**shallow, "depth": 5, "learning_rate": 0.08, "boosting_type": "Plain"}
    return Recipe(deeper), ordered


@dataclass(slots=True)
class Steps:
    """Counts the trees of all fits for a progress bar."""

    watch: Watch
    total: int
    done: int = 0

    def advance(self, done: int) -> None:
        self.done = max(self.done, min(done, self.total))
        self.watch.on_step(self.done, self.total)


class _Tree(Protocol):
    iteration: int
    """From 1."""


@dataclass(slots=True)
class _AfterTree:
    steps: Steps
    begin: int
    deadline: float
    ended_early: bool = field(default=False)

    def after_iteration(self, info: _Tree) -> bool:
        self.steps.advance(self.begin + info.iteration)
        self.ended_early = self.steps.watch.stop.is_set() or time.monotonic() > self.deadline
        return not self.ended_early


@dataclass(frozen=True, slots=True)
class Fitted:
    model: CatBoost
    training: npt.NDArray[np.float64]
    """The loss after each tree."""
    validation: npt.NDArray[np.float64]
    """Empty without validation."""
    ended_early: bool


@dataclass(frozen=True, slots=True)
class Fitting:
    """Fits models to rows of one table."""

    features: Features
    target: TrainingTarget
    plan: Plan
    steps: Steps

    @property
    def loss(self) -> str:
        if self.target.task is TrainingTask.NUMBER:
            return "RMSE"
        return "Logloss" if len(self.target.classes) == 2 else "MultiClass"

    def fit(
        self,
        recipe: Recipe,
        rows: Places,
        validate: Places | None = None,
        *,
        trees: int | None = None,
        deadline: float = float("inf"),
        budget: int | None = None,
    ) -> Fitted:
        """Fit a model to these rows, in at most `trees` trees (by default, those of the plan).

        With rows to `validate`, the fit also ends when their loss stops improving. It ends early at the
        `deadline` (`time.monotonic`), or when the training is stopped. `budget` is the number of steps of the
        progress bar for this fit.
        """
        begin, budget = self.steps.done, budget or trees or self.plan.trees
        after = _AfterTree(self.steps, begin, deadline)
        model = CatBoost(self._settings(recipe, trees or self.plan.trees))
        watched = {} if validate is None else {"early_stopping_rounds": PATIENCE, "use_best_model": False}
        model.fit(
            self.pool(rows),
            eval_set=None if validate is None else self.pool(validate),
            callbacks=[after],
            **watched,
        )
        self.steps.advance(begin + budget)
        losses = model.get_evals_result()
        return Fitted(
            model,
            np.array(losses.get("learn", {}).get(self.loss, [])),
            np.array(losses.get("validation", {}).get(self.loss, [])),
            after.ended_early,
        )

    def pool(self, rows: Places) -> Pool:
        values = self.target.values[rows]
        classes = self.target.classes
        labels = [classes[int(each)] for each in values] if classes else values
        return self._pool(rows, labels)

    def raw(self, model: CatBoost, rows: Places, trees: int = 0) -> npt.NDArray[np.float64]:
        """Raw values: one per row, or rows by classes for more than two classes."""
        answer: npt.NDArray[np.float64] = model.predict(
            self._pool(rows), "RawFormulaVal", ntree_end=trees, thread_count=self.plan.threads
        )
        return answer

    def _pool(self, rows: Places, labels: Any = None) -> Pool:  # noqa: ANN401
        return Pool(
            self.features.rows(rows),
            labels,
            cat_features=list(self.features.categories),
            text_features=list(self.features.texts),
        )

    def _settings(self, recipe: Recipe, trees: int) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "loss_function": self.loss,
            "iterations": trees,
            "random_seed": self.plan.seed,
            "thread_count": self.plan.threads,
            "allow_writing_files": False,
            "logging_level": "Silent",
            **recipe.settings,
        }
        if self.target.classes:
            settings["class_names"] = list(self.target.classes)
        if len(self.target.classes) > 2:
            settings["auto_class_weights"] = "SqrtBalanced"  # rare classes are found more often, at no loss
        if self.features.texts:
            settings["text_processing"] = text_processing()
        return settings
