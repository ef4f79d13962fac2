"""Chooses the settings and the number of trees by cross-validation."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from augury.outbound.catboost.fitting import Fitted, Fitting, Recipe
from augury.outbound.catboost.library import CatBoost
from augury.outbound.training.split import Fold, Places, Split

Numbers = npt.NDArray[np.float64]

_FIRST = 0.5
"""The share of the time for the first fit. The rest decides how many other fits there are."""


@dataclass(frozen=True, slots=True)
class Choice:
    recipe: Recipe
    trees: int
    folds: int
    """The number of folds that were used."""
    training: Numbers
    validation: Numbers
    """The mean losses of the folds, by trees."""
    raw: Numbers
    """The raw values of the validated rows, each from a fold's model that did not learn from the row."""
    truth: Numbers
    """The targets of these rows."""
    model: CatBoost
    """The first fold's model."""
    rows: Places
    """The rows that it learned from."""


def choose(fitting: Fitting, recipes: Sequence[Recipe], split: Split, deadline: float) -> Choice:
    """Compare the recipes on the first fold, and count the trees of the best one on all folds.

    Fits for which there is no time before the `deadline` (`time.monotonic`) are left out. If the training is
    stopped, the result so far is returned.
    """
    return _Choosing(fitting, split, deadline).choose(recipes)


@dataclass(slots=True)
class _Choosing:
    fitting: Fitting
    split: Split
    deadline: float
    slowest: float = 0.0
    """Seconds of the slowest fit so far."""

    def choose(self, recipes: Sequence[Recipe]) -> Choice:
        first, began = self.split.folds[0], time.monotonic()
        until = began + _FIRST * max(self.deadline - began, 1)
        tried = [(recipes[0], self._fitted(recipes[0], first, until))]
        tried += (
            (recipe, self._fitted(recipe, first, self.deadline)) for recipe in recipes[1:] if self._has_time()
        )
        complete = [each for each in tried if not each[1].ended_early] or tried[:1]
        recipe, best = min(complete, key=lambda each: float(each[1].validation.min()))
        found = [(first, best)]
        found += (
            (fold, self._fitted(recipe, fold, self.deadline))
            for fold in self.split.folds[1:]
            if self._has_time()
        )
        return self._choice(recipe, found)

    def _has_time(self) -> bool:
        stopped = self.fitting.steps.watch.stop.is_set()
        return not stopped and time.monotonic() + self.slowest < self.deadline

    def _fitted(self, recipe: Recipe, fold: Fold, deadline: float) -> Fitted:
        began = time.monotonic()
        fitted = self.fitting.fit(recipe, fold.train, fold.validate, deadline=deadline)
        self.slowest = max(self.slowest, time.monotonic() - began)
        return fitted

    def _choice(self, recipe: Recipe, found: Sequence[tuple[Fold, Fitted]]) -> Choice:
        whole = [each for each in found if not each[1].ended_early] or found
        common = min(len(fitted.validation) for _, fitted in whole)
        validation = np.mean([fitted.validation[:common] for _, fitted in whole], axis=0)
        training = np.mean([fitted.training[:common] for _, fitted in whole], axis=0)
        trees = int(validation.argmin()) + 1
        fold, fitted = whole[0]
        return Choice(
            recipe,
            trees,
            len(whole),
            training,
            validation,
            np.concatenate([self.fitting.raw(fitted.model, fold.validate, trees) for fold, fitted in whole]),
            np.concatenate([self.fitting.target.values[fold.validate] for fold, _ in whole]),
            fitted.model,
            fold.train,
        )
