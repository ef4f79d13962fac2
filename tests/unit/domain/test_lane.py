import pytest

from augury.domain.lane import Lane, Share, SliceLimit, Small
from augury.domain.speed import NOT_MEASURED, Speed

SLICE = SliceLimit(rows=2_000, size=1_000_000)
SMALL = Small(rows=200, size=65_536, pending=256, seconds=0.02)
FAST = Speed.of_call(2_000, 0.02)
SLOW = Speed.of_call(2_000, 10.0)
"""5 ms a row."""


@pytest.mark.parametrize(
    ("rows", "size", "cost"),
    [
        (1, 20, 1),
        (2_000, 1_000, 2_000),
        (1, 1_000_000, 2_000),
        (1, 1_000_001, 2_001),
        (10, 9_000_000, 18_000),
    ],
)
def test_work_costs_its_rows_or_as_many_as_its_bytes_would_fill(rows: int, size: int, cost: int) -> None:
    assert SLICE.cost(rows, size) == cost
    assert SLICE.cost(rows, size, FAST) == cost


@pytest.mark.parametrize(
    ("rows", "size", "pending", "lane"),
    [
        (200, 65_536, 9, Lane.SMALL),
        (1, 100, 255, Lane.SMALL),
        (201, 100, 0, Lane.BULK),
        (1, 65_537, 0, Lane.BULK),
        (1, 100, 256, Lane.BULK),
    ],
)
def test_what_is_large_or_beyond_a_fair_share_is_bulk(rows: int, size: int, pending: int, lane: Lane) -> None:
    units = SLICE.units(rows, size)
    assert SMALL.lane(rows, size, units=units, speed=FAST, pending=pending) is lane


@pytest.mark.parametrize(
    ("rows", "speed", "pending", "lane"),
    [
        (4, SLOW, 0, Lane.SMALL),
        (5, SLOW, 0, Lane.BULK),
        (1, SLOW, 3, Lane.SMALL),
        (1, SLOW, 4, Lane.BULK),
        (100, FAST, 19, Lane.SMALL),
        (100, FAST, 20, Lane.BULK),
        (20, NOT_MEASURED, 19, Lane.SMALL),
        (20, NOT_MEASURED, 20, Lane.BULK),
        (21, NOT_MEASURED, 0, Lane.BULK),
    ],
)
def test_what_would_take_long_is_bulk(rows: int, speed: Speed, pending: int, lane: Lane) -> None:
    units = SLICE.units(rows, 100)
    assert SMALL.lane(rows, 100, units=units, speed=speed, pending=pending) is lane


def test_the_work_of_a_slow_model_costs_more_and_is_cut_smaller() -> None:
    assert SLICE.at(FAST) == SLICE.at(NOT_MEASURED) == SLICE
    assert SLICE.at(SLOW).rows == 20
    assert SLICE.at(SLOW).size == pytest.approx(10_000, rel=0.01)
    assert SLICE.cost(20, 100, SLOW) == 2_000
    assert SLICE.at(Speed.of_call(1, 1e9)) == SliceLimit(rows=1, size=100)  # never nothing


def test_a_share_moves_on_by_what_was_run_and_back_by_what_was_not() -> None:
    share = Share(weight=2, start=1, finish=5)

    assert share.served(10) == Share(weight=2, start=5, finish=10)
    assert share.served(10).given_back(10, now=3) == Share(weight=2, start=5, finish=5)


def test_idle_time_is_not_saved_up() -> None:
    share = Share(start=1, finish=5)

    assert share.returned(now=100).finish == 100
    assert share.returned(now=2).finish == 5
    assert share.served(10).given_back(10, now=8).finish == 8
