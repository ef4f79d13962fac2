import math

import pytest

from augury.domain.usage import BOUNDS, NOTHING, Usage


def test_usage_adds_up() -> None:
    one = Usage(succeeded=3, failed=1, rows=5, invalid_rows=2, seconds=0.5, labels={"a": 2, "b": 1})
    other = Usage(succeeded=1, rows=1, labels={"b": 2, "c": 1}, value_count=1, value_sum=2, value_squares=4)

    both = one + other

    assert (both.predictions, both.failed, both.rows, both.invalid_rows) == (5, 1, 6, 2)
    assert both.error_rate == 0.2
    assert list(both.label_shares) == ["b", "a", "c"]
    assert both.label_shares["b"] == 0.5
    assert one + NOTHING == one


def test_a_quantile_is_the_step_that_enough_predictions_stay_below() -> None:
    durations = [0] * (len(BOUNDS) + 1)
    durations[2], durations[5], durations[-1] = 50, 45, 5
    usage = Usage(durations=tuple(durations), seconds=10)

    assert usage.quantile(0.5) == BOUNDS[2]
    assert usage.quantile(0.95) == BOUNDS[5]
    assert usage.quantile(0.99) == math.inf
    assert usage.mean_seconds == 0.1


def test_without_predictions_there_are_no_rates() -> None:
    assert NOTHING.error_rate is None
    assert NOTHING.quantile(0.5) is None
    assert NOTHING.mean_seconds is None
    assert NOTHING.label_shares == {}
    assert (NOTHING.mean_value, NOTHING.deviation) == (None, None)


def test_values_have_a_mean_and_a_deviation() -> None:
    usage = Usage(value_count=4, value_sum=20, value_squares=120)

    assert usage.mean_value == 5
    assert usage.deviation == pytest.approx(math.sqrt(5))
