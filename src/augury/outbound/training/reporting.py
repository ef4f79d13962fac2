"""Makes the parts of a model's card from its answers to the test rows."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from augury.cards.card import Bin, Confusion, Curve, Score, Threshold
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import Cost, TrainingTask
from augury.outbound.training.scores import class_scores, decided, number_scores, with_intervals
from augury.outbound.training.split import Places
from augury.outbound.training.target import TrainingTarget

Numbers = npt.NDArray[np.float64]
_BINS = 10
_MOST_POINTS = 200
_MOST_SHOWN_CLASSES = 12


def scores_of(
    target: TrainingTarget,
    train: Places,
    test: Places,
    answers: Numbers,
    threshold: float | None,
    units: Places,
) -> tuple[Sequence[Score], Reason]:
    """The scores on the rows of `test`, each beside that of a baseline, and a description of the baseline.

    `answers` are probabilities (rows by classes) or numbers. `units` has the unit of each row of the table.
    The baseline always gives the shares of the classes, or the mean, in the rows of `train`.
    """
    truth, known = target.values[test], target.values[train]
    if target.task is TrainingTask.CLASSES:
        shares = np.bincount(known.astype(np.intp), minlength=len(target.classes)) / len(known)
        always = np.tile(shares, (len(test), 1))
        mine, theirs = class_scores(truth, answers, threshold), class_scores(truth, always, None)
        baseline = Reason.of(ReasonCode.CLASS_ALWAYS, label=target.classes[int(shares.argmax())])
    else:
        mine, theirs = number_scores(truth, answers), number_scores(truth, np.full(len(test), known.mean()))
        baseline = Reason.of(ReasonCode.MEAN_ALWAYS, mean=_short(float(known.mean())))
    every = np.ones(len(test))
    found = with_intervals(mine, units[test], seed=1)
    return [
        Score(name, _short(each.value), _short(each.low), _short(each.high), _short(theirs[name](every)))
        for name, each in found.items()
    ], baseline


def calibration_of(target: TrainingTarget, test: Places, answers: Numbers) -> list[Bin]:
    """Ten bins of the probability with equal widths (for two classes the second one's, otherwise the answered
    one's), or tenths of the predicted numbers."""
    truth = target.values[test]
    if target.task is TrainingTask.NUMBER:
        order = np.argsort(answers, kind="stable")
        return [
            Bin(
                _short(float(answers[part].mean())),
                _short(float(truth[part].mean())),
                len(part),
                *(_short(float(each)) for each in np.quantile(truth[part], [0.1, 0.9])),
            )
            for part in np.array_split(order, _BINS)
            if len(part)
        ]
    if len(target.classes) == 2:
        said, seen = answers[:, 1], truth == 1
    else:
        said, seen = answers.max(axis=1), answers.argmax(axis=1) == truth
    place = np.minimum((said * _BINS).astype(np.intp), _BINS - 1)
    return [
        Bin(_short(float(said[place == each].mean())), _short(float(seen[place == each].mean())), int(count))
        for each, count in enumerate(np.bincount(place, minlength=_BINS))
        if count
    ]


def confusion_of(
    target: TrainingTarget, test: Places, answers: Numbers, threshold: float | None
) -> Confusion | None:
    """None for a number. Of many classes, the less frequent ones are combined."""
    if target.task is TrainingTask.NUMBER:
        return None
    count = len(target.classes)
    table = np.zeros((count, count), dtype=np.intp)
    np.add.at(table, (target.values[test].astype(np.intp), decided(answers, threshold)), 1)
    labels = list(target.classes)
    if count > _MOST_SHOWN_CLASSES:
        order = np.argsort(-table.sum(axis=1), kind="stable")
        first, rest = order[:_MOST_SHOWN_CLASSES], order[_MOST_SHOWN_CLASSES:]
        table = np.vstack([table[first], table[rest].sum(axis=0)])
        table = np.column_stack([table[:, first], table[:, rest].sum(axis=1)])
        labels = [*(labels[each] for each in first), "others"]
    return Confusion(labels, table.tolist(), count > _MOST_SHOWN_CLASSES)


def threshold_of(
    target: TrainingTarget, test: Places, answers: Numbers, cost: Cost | None
) -> Threshold | None:
    if cost is None:
        return None
    truth = target.values[test] == 1

    def price(said: npt.NDArray[np.bool_]) -> float:
        wrong = cost.false_positive * (said & ~truth) + cost.false_negative * (~said & truth)
        return _short(float(wrong.mean()))

    second = answers[:, 1]
    return Threshold(
        value=_short(cost.threshold),
        positive=target.classes[1],
        false_positive=cost.false_positive,
        false_negative=cost.false_negative,
        cost=price(second > cost.threshold),
        cost_at_half=price(second > 0.5),
        cost_of_always=min(price(np.zeros(len(test), bool)), price(np.ones(len(test), bool))),
    )


def curve_of(loss: str, training: Numbers, validation: Numbers) -> Curve | None:
    """At most 200 points of the two losses."""
    if not len(validation):
        return None
    places = np.unique(
        np.linspace(0, len(validation) - 1, min(len(validation), _MOST_POINTS)).astype(np.intp)
    )
    return Curve(
        loss,
        (places + 1).tolist(),
        [_short(each) for each in training[places].tolist()],
        [_short(each) for each in validation[places].tolist()],
    )


def _short(value: float) -> float:
    """Six significant digits: more would be noise, and take space in the file."""
    return float(f"{value:.6g}")
