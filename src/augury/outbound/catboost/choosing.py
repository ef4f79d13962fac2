"""Chooses the settings and the number of trees by cross-validation."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from catboost import CatBoost

from augury.outbound.catboost.fitting import Fitted, Fitting, Recipe
from augury.outbound.training.split import Fold, Places, Split

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    recipe: Recipe
    trees: int
    training: Numbers
    validation: Numbers
    """The mean losses of the folds, by trees."""
    raw: Numbers
    """Raw values of rows, each from a fold's model that did not learn from it."""
    truth: Numbers
    model: CatBoost
    """The first fold's model."""
    rows: Places
    """The rows that it learned from."""


def choose(fitting: Fitting, recipes: Sequence[Recipe], split: Split, deadline: float) -> Choice:
    """Compare the recipes on the first fold, and count the trees of the best one on all folds.

    Ended early, it answers what is known so far.
    """
    first = split.folds[0]
    left = len(recipes) + len(split.folds) - 1
    tried: list[tuple[Recipe, Fitted]] = []
    for recipe in recipes:
        if tried and fitting.steps.watch.stop.is_set():
            break
        tried.append((recipe, _fitted(fitting, recipe, first, deadline, left)))
        left -= 1
    recipe, best = min(tried, key=lambda each: float(each[1].validation.min()))
    found: list[tuple[Fold, Fitted]] = [(first, best)]
    for fold in split.folds[1:]:
        if fitting.steps.watch.stop.is_set():
            break
        found.append((fold, _fitted(fitting, recipe, fold, deadline, left)))
        left -= 1
    return _choice(fitting, recipe, found)


def _fitted(fitting: Fitting, recipe: Recipe, fold: Fold, deadline: float, left: int) -> Fitted:
    now = time.monotonic()
    return fitting.fit(recipe, fold.train, fold.validate, deadline=now + max(deadline - now, 1) / left)


def _choice(fitting: Fitting, recipe: Recipe, found: Sequence[tuple[Fold, Fitted]]) -> Choice:
    whole = [each for each in found if not each[1].ended_early] or found
    common = min(len(fitted.validation) for _, fitted in whole)
    validation = np.mean([fitted.validation[:common] for _, fitted in whole], axis=0)
    training = np.mean([fitted.training[:common] for _, fitted in whole], axis=0)
    trees = int(validation.argmin()) + 1
    raw = [fitting.raw(fitted.model, fold.validate, trees) for fold, fitted in whole]
    truth = [fitting.target.values[fold.validate] for fold, _ in whole]
    fold, fitted = whole[0]
    return Choice(
        recipe,
        trees,
        training,
        validation,
        np.concatenate(raw),
        np.concatenate(truth),
        fitted.model,
        fold.train,
    )
