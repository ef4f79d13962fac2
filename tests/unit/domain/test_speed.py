import pytest

from augury.domain.speed import FEW, NOT_MEASURED, UNKNOWN, Speed


def fed(*calls: tuple[int, float]) -> Speed:
    speed = NOT_MEASURED
    for units, seconds in calls:
        speed = speed.then(Speed.of_call(units, seconds))
    return speed


def test_a_version_that_was_not_measured_counts_as_slower_than_most() -> None:
    assert NOT_MEASURED.seconds(100) == pytest.approx(100 * UNKNOWN)
    assert not NOT_MEASURED.is_known


def test_it_is_known_after_one_large_call_or_many_small_ones() -> None:
    assert fed((FEW, 0.001)).is_known
    assert not fed(*[(1, 0.001)] * (FEW * FEW - 1)).is_known
    assert fed(*[(1, 0.001)] * (FEW * FEW)).is_known


def test_the_time_of_a_row_is_that_of_large_calls() -> None:
    single_rows = [(1, 0.0004)] * 5_000
    large = fed(*single_rows, (2_000, 0.4), *single_rows)

    assert large.seconds(1_000) == pytest.approx(0.2, rel=0.01)
    assert fed(*[(1, 0.0055)] * 5_000).seconds(10) == pytest.approx(0.05, rel=0.1)


def test_one_slow_first_call_is_soon_outweighed() -> None:
    assert fed((1, 0.05), (200, 0.004)).seconds(2_000) < 0.1


def test_older_measurements_fade() -> None:
    slow_then_fast = fed(*[(2_000, 1.0)] * 100, *[(2_000, 0.02)] * 200)

    assert slow_then_fast.seconds(2_000) == pytest.approx(0.02, rel=0.2)
