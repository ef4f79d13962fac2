"""How each column of a table is used, found from its cells."""

from collections.abc import Sequence

import pytest

from augury.domain.training_plan import ColumnKind
from augury.outbound.training.kinds import column_of, number_of
from augury.outbound.training.table import Cell
from augury.outbound.training.watch import Untrainable

ROWS = 60
NUMBER, CATEGORY, TEXT, DATE, SKIP = ColumnKind


def kind(cells: Sequence[Cell], name: str = "column") -> ColumnKind:
    return column_of(name, cells).kind


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([str(n % 7) for n in range(ROWS)], NUMBER),
        ([f"{n % 9},5" for n in range(ROWS)], NUMBER),
        ([["1 234,5", "12,1", "NA"][n % 3] for n in range(ROWS)], NUMBER),
        ([["0.5", "?", None][n % 3] for n in range(ROWS)], NUMBER),
        ([float(n % 5) for n in range(ROWS)], NUMBER),
        ([f"0{n % 9}" for n in range(ROWS)], CATEGORY),
        ([("red", "green", None)[n % 3] for n in range(ROWS)], CATEGORY),
        ([("True", "False")[n % 2] for n in range(ROWS)], CATEGORY),
        ([("1", "two")[n % 2] for n in range(ROWS)], CATEGORY),
        ([f"the {n} words that somebody wrote" for n in range(ROWS)], TEXT),
        ([f"2026-{n % 12 + 1:02}-05" for n in range(ROWS)], DATE),
        ([f"{n % 28 + 1}.11.2026 9:{n % 60:02}" for n in range(ROWS)], DATE),
        ([("2026-01-05", "n/a", None)[n % 3] for n in range(ROWS)], DATE),
        (["same"] * ROWS, SKIP),
        ([None] * ROWS, SKIP),
        ([f"{n % 12 + 1}/{n % 28 + 1}/2026" for n in range(ROWS)], SKIP),
    ],
)
def test_a_column_is_used_as_it_looks(cells: Sequence[Cell], expected: ColumnKind) -> None:
    assert kind(cells) is expected


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("customer_id", [str(n * 7919 % 100_003) for n in range(ROWS)]),
        ("userId", [float(n * 7919 % 100_003) for n in range(ROWS)]),
        ("n", [str(n) for n in range(ROWS)]),
        ("ticket", [str(4000 + (n * 7) % ROWS) for n in range(ROWS)]),
        ("hash", [f"a{n * 7919 % 100_003:x}" for n in range(ROWS)]),
        ("email", [f"person{n}@example.com" for n in range(ROWS)]),
    ],
)
def test_ids_are_refused_with_the_reason(name: str, cells: Sequence[Cell]) -> None:
    found = column_of(name, cells)

    assert found.kind is SKIP
    assert "looks like an id" in str(found.why)


def test_numbers_of_their_own_are_no_ids() -> None:
    assert kind([f"{(n * 7919 % 100_003) / 7:.3f}" for n in range(ROWS)], "price") is NUMBER
    assert kind([str(n * 7919 % 100_003) for n in range(ROWS)], "income") is NUMBER


def test_what_the_operator_says_counts() -> None:
    cells = [str(n) for n in range(ROWS)]

    for wanted in (NUMBER, CATEGORY, TEXT, SKIP):
        assert column_of("id", cells, wanted).kind is wanted
    with pytest.raises(Untrainable, match="not a date in every row"):
        column_of("id", cells, DATE)
    with pytest.raises(Untrainable, match="is not a number in every row"):
        column_of("x", ["a", "1"], NUMBER)


def test_decimal_commas_are_read_as_the_column_says() -> None:
    found = column_of("x", ["1.234,5", "1.234", "7", "inf", "NA"] * 9)

    assert found.kind is CATEGORY  # "inf" is no number that a model can use
    found = column_of("x", ["1.234,5", "1.234", "7", "NA"] * 9)
    assert [number_of(cell, found.conventions) for cell in found.cells[:4]] == [1234.5, 1234, 7, None]
