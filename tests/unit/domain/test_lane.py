import pytest

from augury.domain.lane import Lane, Share, Slice, Small

SLICE = Slice(rows=2_000, size=1_000_000)
SMALL = Small(rows=200, size=65_536, pending=256)


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


@pytest.mark.parametrize(
    ("rows", "size", "pending", "lane"),
    [
        (200, 65_536, 255, Lane.SMALL),
        (201, 100, 0, Lane.BULK),
        (1, 65_537, 0, Lane.BULK),
        (1, 100, 256, Lane.BULK),
    ],
)
def test_what_is_large_or_beyond_a_fair_share_is_bulk(rows: int, size: int, pending: int, lane: Lane) -> None:
    assert SMALL.lane(rows, size, pending=pending) is lane


def test_a_share_moves_on_by_what_was_run_and_back_by_what_was_not() -> None:
    share = Share(weight=2, start=1, finish=5)

    assert share.served(10) == Share(weight=2, start=5, finish=10)
    assert share.served(10).given_back(10, now=3) == Share(weight=2, start=5, finish=5)


def test_idle_time_is_not_saved_up() -> None:
    share = Share(start=1, finish=5)

    assert share.returned(now=100).finish == 100
    assert share.returned(now=2).finish == 5
    assert share.served(10).given_back(10, now=8).finish == 8
