"""The likeliest classes of each row. The others are only summed up, so that an answer of a model with very
many classes stays small."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augury.domain.answer import Answer
from augury.domain.model_facts import ModelFacts
from augury.outbound.catboost.digits import shortened
from augury.outbound.catboost.scores import Scores

Tops: TypeAlias = npt.NDArray[Any]
"""The number of classes that the answer of each row lists; None: all."""


def likeliest(numbers: npt.NDArray[np.float64], top: int) -> npt.NDArray[np.intp]:
    """Rows by `top`: the positions of the highest numbers of each row, highest first. Equal numbers keep
    their order."""
    chosen = np.sort(np.argpartition(-numbers, top - 1, axis=1)[:, :top], axis=1)
    order = np.argsort(-np.take_along_axis(numbers, chosen, axis=1), axis=1, kind="stable")
    return np.take_along_axis(chosen, order, axis=1)


def others(numbers: npt.NDArray[np.float64], chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """The sum of the other numbers of each row."""
    rest = numbers.copy()
    np.put_along_axis(rest, chosen, 0, axis=1)
    return shortened(rest.sum(axis=1))


def listed(scores: Scores, facts: ModelFacts, tops: Tops) -> list[Answer | None]:
    """The answers to the rows, in the form of `Scores.answers`, with the numbers of classes in `tops`."""
    answers: list[Answer | None] = [None] * len(tops)
    for top in set(tops.tolist()):
        rows = np.flatnonzero(tops == top)
        part = scores.part(rows)
        found = part.answers(facts) if top is None else _listed(part, facts, top)
        for row, answer in zip(rows.tolist(), found, strict=True):
            answers[row] = answer
    return answers


def _listed(scores: Scores, facts: ModelFacts, top: int) -> Iterator[Answer | None]:
    chosen = likeliest(scores.numbers, top)
    shares = np.take_along_axis(scores.numbers, chosen, axis=1).tolist()
    rest = others(scores.numbers, chosen).tolist()
    for label, places, row, other, good in zip(
        _decided(scores, facts), chosen.tolist(), shares, rest, scores.finite.tolist(), strict=True
    ):
        probabilities = {facts.classes[place]: share for place, share in zip(places, row, strict=True)}
        if not good:
            yield None
        elif isinstance(label, str):
            yield {"label": label, "probabilities": probabilities, "others": other}
        else:
            yield {"labels": label, "probabilities": probabilities, "others": other}


def _decided(scores: Scores, facts: ModelFacts) -> Sequence[Any]:
    """The label of each row, or its list of labels."""
    assert scores.decided is not None
    if scores.decided.ndim == 2:
        return list(scores.labels(facts))
    return [facts.classes[best] for best in scores.decided.tolist()]
