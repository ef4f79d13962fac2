"""Splits rows without leaks: rows that belong together stay on one side."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason

Places: TypeAlias = npt.NDArray[np.intp]

FOLDS = 3
"""The folds of the cross-validation."""
TEST = 5
"""One row in five is for the test."""
_MANY_DUPLICATES = 0.5


@dataclass(frozen=True, slots=True)
class Fold:
    train: Places
    validate: Places


@dataclass(frozen=True, slots=True)
class Split:
    """`folds` share the rows of `train`; no row of `test` had a part in any choice."""

    train: Places
    test: Places
    folds: Sequence[Fold]
    units: Places
    """The unit of each row: rows of a unit are on the same side. Intervals resample units."""
    how: Reason


def units_of(
    hashes: npt.NDArray[np.uint64], groups: Sequence[object] | None, *, has_texts: bool
) -> tuple[Places, Reason]:
    """The unit of each row, and how they were made.

    Duplicates are one unit, unless most rows are duplicates and none has a text: then rows are equal because
    the table has few features, not because one row was copied. Rows of a group are one unit with their
    duplicates in other groups. A row without a group is a group of its own.
    """
    _, duplicates = np.unique(hashes, return_inverse=True)
    share = len(np.unique(duplicates)) / len(duplicates)
    joins = has_texts or share > _MANY_DUPLICATES
    how = _how(share) if joins else Reason.of(ReasonCode.FEW_DIFFERENT_ROWS)
    if groups is None:
        return (duplicates if joins else np.arange(len(hashes))), how
    names = [f"{place}" if each is None else f"={each}" for place, each in enumerate(groups)]
    _, group = np.unique(np.array(names, dtype=object), return_inverse=True)
    if not joins:
        return group, Reason.of(ReasonCode.GROUPS_TOGETHER, [how])
    size = int(group.max()) + 1
    edges = coo_array(
        (np.ones(len(group)), (group, size + duplicates)), shape=(size + duplicates.max() + 1,) * 2
    )
    _, component = connected_components(edges, directed=False)
    return component[group].astype(np.intp), Reason.of(ReasonCode.GROUPS_TOGETHER, [how])


def _how(share: float) -> Reason:
    """`share` is the number of distinct rows, per row."""
    if share == 1:
        return Reason.of(ReasonCode.NO_DUPLICATES)
    return Reason.of(ReasonCode.DUPLICATES_TOGETHER, share=round(100 * (1 - share), 1))


def random_split(
    units: Places, strata: npt.NDArray[np.float64], *, folds: int, seed: int, duplicates: Reason
) -> Split:
    """Split at random. Every side has its share of each stratum, as far as the units allow."""
    side = _dealt(units, strata, TEST, seed)
    train, test = np.flatnonzero(side > 0), np.flatnonzero(side == 0)
    part = _dealt(units[train], strata[train], folds, seed + 1)
    made = [Fold(train[part != each], train[part == each]) for each in range(folds)]
    how = Reason.of(ReasonCode.TEST_BY_CHANCE, [duplicates], share=100 // TEST)
    return Split(train, test, made, units, how)


def time_split(units: Places, times: npt.NDArray[np.float64], *, folds: int, duplicates: Reason) -> Split:
    """The last fifth is the test, and each fold validates on rows after those that it learns from. Rows with
    the same time stay together. A row of the test that duplicates an earlier row is left out."""
    order = np.argsort(times, kind="stable")
    borders = [
        _border(times[order], len(order) * (TEST - 1) * (each + 1) // (TEST * (folds + 1)))
        for each in range(folds + 1)
    ]
    train, test = order[: borders[-1]], order[borders[-1] :]
    test = test[~np.isin(units[test], units[train])]
    made = []
    for begin, end in pairwise(borders):
        earlier, later = order[:begin], order[begin:end]
        made.append(Fold(earlier, later[~np.isin(units[later], units[earlier])]))
    how = Reason.of(ReasonCode.TEST_BY_TIME, [duplicates], share=100 // TEST)
    return Split(train, test, made, units, how)


def _border(times: npt.NDArray[np.float64], place: int) -> int:
    """The first place at or after `place` where the time differs from the one before."""
    while 0 < place < len(times) and times[place] == times[place - 1]:
        place += 1
    return place


def _dealt(units: Places, strata: npt.NDArray[np.float64], hands: int, seed: int) -> Places:
    """The index of each row's hand. Units are dealt like cards, stratum by stratum."""
    different, first, inverse = np.unique(units, return_index=True, return_inverse=True)
    shuffled = np.random.default_rng(seed).permutation(len(different))
    order = shuffled[np.argsort(strata[first][shuffled], kind="stable")]
    hand = np.empty(len(different), dtype=np.intp)
    hand[order] = np.arange(len(order)) % hands
    return hand[inverse]


def strata_of(values: npt.NDArray[np.float64], *, are_classes: bool) -> npt.NDArray[np.float64]:
    """The strata: each class, or each tenth of the numbers."""
    if are_classes:
        return values
    return np.searchsorted(np.quantile(values, np.arange(0.1, 1, 0.1)), values).astype(np.float64)
