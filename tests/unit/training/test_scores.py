"""Scores agree with their definitions, and their intervals with theory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.outbound.training.scores import (
    auc_of,
    calibration_error,
    class_scores,
    number_scores,
    with_intervals,
)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=2, max_size=30))
def test_auc_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[int, int]]) -> None:
    truth, score = (np.array(each, dtype=float) for each in zip(*rows, strict=True))
    pairs = [(a > b) + (a == b) / 2 for a in score[truth == 1] for b in score[truth == 0]]

    found = auc_of(truth, score)(np.ones(len(rows)))

    assert found == pytest.approx(np.mean(pairs)) if pairs else np.isnan(found)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9), st.integers(0, 3)), min_size=4, max_size=25))
def test_a_weight_counts_as_so_many_copies(rows: list[tuple[int, int, int]]) -> None:
    truth, said, weights = (np.array(each, dtype=float) for each in zip(*rows, strict=True))
    copies = np.repeat(np.arange(len(rows)), weights.astype(int))
    if len(set(truth[copies].tolist())) < 2:
        return
    second = (said + 0.5) / 10
    both = np.column_stack([1 - second, second])

    weighted = class_scores(truth, both, 0.35)
    copied = class_scores(truth[copies], both[copies], 0.35)

    for name, score in weighted.items():
        assert score(weights) == pytest.approx(copied[name](np.ones(len(copies)))), name


def test_scores_of_numbers_by_hand() -> None:
    scores = number_scores(np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 2.0, 5.0, 4.0]))
    every = np.ones(4)

    assert scores["mae"](every) == 1
    assert scores["rmse"](every) == pytest.approx(np.sqrt(2))
    assert scores["r2"](every) == pytest.approx(1 - 8 / 14)


def test_macro_f1_and_accuracy_by_hand() -> None:
    truth = np.array([0, 0, 1, 2, 2.0])
    answers = np.eye(3)[[0, 1, 1, 2, 0]] * 0.8 + 0.1
    scores = class_scores(truth, answers, None)

    assert scores["accuracy"](np.ones(5)) == pytest.approx(0.6)
    assert scores["macro_f1"](np.ones(5)) == pytest.approx((2 / 4 + 2 / 3 + 2 / 3) / 3)


def test_an_interval_is_about_as_wide_as_theory_says_and_wider_for_groups() -> None:
    random = np.random.default_rng(1)
    truth = (random.random(1000) < 0.3).astype(float)
    scores = {"accuracy": lambda weights: float(np.average(truth == 0, weights=weights))}

    alone = with_intervals(scores, np.arange(1000), seed=1)["accuracy"]
    grouped = with_intervals(scores, np.argsort(np.argsort(truth, kind="stable")) // 50, seed=1)["accuracy"]

    assert alone.high - alone.low == pytest.approx(2 * 1.96 * np.sqrt(0.7 * 0.3 / 1000), rel=0.2)
    assert grouped.high - grouped.low > 3 * (alone.high - alone.low)


def test_calibration_error_is_the_mean_gap() -> None:
    assert calibration_error(np.array([0.9, 0.9, 0.1]), np.array([1.0, 0.0, 0.0])) == pytest.approx(0.3)
    assert calibration_error(np.array([0.25] * 4), np.array([1.0, 0, 0, 0])) == 0
    observed = np.array([1.0] * 77 + [0.0] * 43)
    assert calibration_error(np.full(120, observed.mean()), observed) == 0


def test_one_class_alone_has_no_auc() -> None:
    answers = np.array([[0.9, 0.1], [0.4, 0.6]])

    scores = class_scores(np.zeros(2), answers, None)

    assert "auc" not in scores
    assert all(np.isfinite(score(np.ones(2))) for score in scores.values())
