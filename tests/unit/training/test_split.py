"""What belongs together is on one side of the split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.outbound.training.split import Split, random_split, strata_of, time_split, units_of


def sides(split: Split) -> list[tuple[set[int], set[int]]]:
    """The units on both sides of the test and of each fold."""
    pairs = [(split.train, split.test), *((fold.train, fold.validate) for fold in split.folds)]
    return [(set(split.units[one].tolist()), set(split.units[other].tolist())) for one, other in pairs]


def hashes(rows: list[int]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(rows, dtype=np.uint64)


@given(st.lists(st.integers(0, 30), min_size=60, max_size=120), st.data())
def test_duplicates_and_groups_stay_on_one_side(rows: list[int], data: st.DataObject) -> None:
    groups = data.draw(
        st.one_of(st.none(), st.lists(st.integers(0, 40), min_size=len(rows), max_size=len(rows)))
    )
    units, how = units_of(hashes(rows), groups, has_texts=True)
    labels = np.array([float(place % 2) for place in range(len(rows))])

    split = random_split(units, labels, folds=3, seed=1, duplicates=how)

    assert sorted([*split.train, *split.test]) == list(range(len(rows)))
    for one, other in sides(split):
        assert not one & other
    for fold in split.folds:
        assert sorted([*fold.train, *fold.validate]) == sorted(split.train)
    for key in (rows, groups or rows):
        train, test = ({key[place] for place in side} for side in (split.train, split.test))
        assert not train & test


def test_each_side_has_its_share_of_each_class() -> None:
    labels = np.array([0.0] * 900 + [1.0] * 100)
    units, how = units_of(hashes(list(range(1000))), None, has_texts=False)

    split = random_split(units, strata_of(labels, are_classes=True), folds=3, seed=1, duplicates=how)

    assert len(split.test) == 200
    assert labels[split.test].sum() == 20
    assert [labels[fold.validate].sum() for fold in split.folds] == pytest.approx([27, 27, 26], abs=1)


def test_rows_of_a_small_table_of_choices_are_no_copies_of_each_other() -> None:
    units, how = units_of(hashes([n % 4 for n in range(100)]), None, has_texts=False)

    assert len(set(units.tolist())) == 100
    assert "not kept together" in str(how)


def test_the_test_is_the_latest_and_every_fold_looks_forward() -> None:
    times = np.array([float(n // 5) for n in range(200)])[::-1]
    rows = list(range(200))
    rows[0] = rows[199]  # the latest row is a copy of the earliest one

    units, how = units_of(hashes(rows), None, has_texts=True)
    split = time_split(units, times, folds=3, duplicates=how)

    assert times[split.train].max() < times[split.test].min()
    assert 0 not in split.test
    assert len(split.test) == 39
    for fold in split.folds:
        assert times[fold.train].max() < times[fold.validate].min()
        assert times[fold.validate].max() < times[split.test].min()
