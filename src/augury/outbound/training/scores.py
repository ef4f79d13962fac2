"""Scores with their intervals. Each takes a weight for each row, so that resampling costs little."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.float64]
Score: TypeAlias = Callable[[Numbers], float]
"""The score of the rows with these weights."""

RESAMPLES = 400
_BINS = 10
_LEAST = 1e-15


@dataclass(frozen=True, slots=True)
class Interval:
    value: float
    low: float
    """The 2.5th percentile of the resamples."""
    high: float


def class_scores(truth: Numbers, probabilities: Numbers, threshold: float | None) -> dict[str, Score]:
    """The scores of probabilities (rows by classes). `truth` has the index of each row's class. `threshold`
    applies to two classes."""
    classes = probabilities.shape[1]
    known = truth.astype(np.intp)
    said = decided(probabilities, threshold)
    likelihood = -np.log(np.maximum(probabilities[np.arange(len(known)), known], _LEAST))
    found: dict[str, Score] = {}
    if classes == 2 and len(np.unique(known)) == 2:  # one class alone has no pairs to order
        found["auc"] = auc_of(truth, probabilities[:, 1])
    found["accuracy"] = lambda weights: float(np.average(said == known, weights=weights))
    found["macro_f1"] = lambda weights: _macro_f1(known, said, classes, weights)
    found["logloss"] = lambda weights: float(np.average(likelihood, weights=weights))
    confidence, right = (
        (probabilities[:, 1], truth)
        if classes == 2
        else (probabilities.max(axis=1), (said == known).astype(float))
    )
    found["calibration_error"] = lambda weights: calibration_error(confidence, right, weights)
    return found


def number_scores(truth: Numbers, predicted: Numbers) -> dict[str, Score]:
    error = predicted - truth

    def r2(weights: Numbers) -> float:
        mean = np.average(truth, weights=weights)
        spread = np.average((truth - mean) ** 2, weights=weights)
        return float(1 - np.average(error**2, weights=weights) / spread) if spread > 0 else 0.0

    return {
        "rmse": lambda weights: float(np.sqrt(np.average(error**2, weights=weights))),
        "mae": lambda weights: float(np.average(np.abs(error), weights=weights)),
        "r2": r2,
    }


def with_intervals(
    scores: Mapping[str, Score], units: npt.NDArray[np.intp], seed: int
) -> dict[str, Interval]:
    """Each score with the interval of 95 % of the resamples. A resample draws units (`units` has that of each
    row), not rows."""
    _, unit = np.unique(units, return_inverse=True)
    count = int(unit.max()) + 1
    random = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in scores}
    for _ in range(RESAMPLES):
        weights = np.bincount(random.integers(0, count, count), minlength=count)[unit].astype(np.float64)
        if not weights.any():
            continue
        for name, score in scores.items():
            drawn[name].append(score(weights))
    every = np.ones(len(unit))
    return {name: _interval(score(every), drawn[name]) for name, score in scores.items()}


def _interval(value: float, drawn: Sequence[float]) -> Interval:
    """The interval also contains the value itself: a calibration error is larger in nearly every resample."""
    low, high = map(float, np.nanpercentile(drawn, [2.5, 97.5]))
    return Interval(value, min(low, value), max(high, value))


def decided(probabilities: Numbers, threshold: float | None) -> npt.NDArray[np.intp]:
    """The index of each row's class."""
    if threshold is not None and probabilities.shape[1] == 2:
        return (probabilities[:, 1] > threshold).astype(np.intp)
    likeliest: npt.NDArray[np.intp] = probabilities.argmax(axis=1)
    return likeliest


def auc_of(truth: Numbers, score: Numbers) -> Score:
    """The probability that a row of class 1 has a higher score than a row of class 0. Ties count half."""
    _, rank = np.unique(score, return_inverse=True)
    positive = truth == 1

    def auc(weights: Numbers) -> float:
        ones = np.bincount(rank, weights * positive)
        zeros = np.bincount(rank, weights * ~positive)
        below = np.cumsum(zeros) - zeros
        pairs = ones.sum() * zeros.sum()
        return float((ones * (below + zeros / 2)).sum() / pairs) if pairs else float("nan")

    return auc


_DIGITS = 12
"""The rest is rounding: shares that are observed exactly have an error of 0, not of 4e-17."""


def calibration_error(said: Numbers, seen: Numbers, weights: Numbers | None = None) -> float:
    """The mean distance between predicted and observed probability, over ten bins of equal width."""
    weights = np.ones(len(said)) if weights is None else weights
    place = np.minimum((said * _BINS).astype(np.intp), _BINS - 1)
    gap = np.abs(np.bincount(place, weights * (said - seen), minlength=_BINS))
    return round(float(gap.sum() / weights.sum()), _DIGITS)


def _macro_f1(
    truth: npt.NDArray[np.intp], said: npt.NDArray[np.intp], classes: int, weights: Numbers
) -> float:
    right = np.bincount(truth, weights * (truth == said), minlength=classes)
    both = np.bincount(truth, weights, minlength=classes) + np.bincount(said, weights, minlength=classes)
    return float(np.mean(2 * right[both > 0] / both[both > 0]))
