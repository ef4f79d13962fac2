"""The price of text: which bytes count, and how they are rounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.pricing import bytes_of_text, price_of

SCHEMA = InputSchema(
    (
        Feature("age", FeatureKind.NUMERIC),
        Feature("city", FeatureKind.CATEGORICAL),
        Feature("title", FeatureKind.TEXT),
        Feature("review", FeatureKind.TEXT),
    )
)


@pytest.mark.parametrize(
    ("text_bytes", "credits"), [(0, 0), (1, 3), (999, 3), (1_000, 3), (1_001, 6), (2_500, 9)]
)
def test_a_begun_kilobyte_costs_as_much_as_a_whole_one(text_bytes: int, credits: int) -> None:
    assert price_of(row_price=0, rows=1, text_price=3, text_bytes=text_bytes) == credits
    assert price_of(row_price=2, rows=5, text_price=3, text_bytes=text_bytes) == 10 + credits


def test_free_text_costs_nothing_however_long_it_is() -> None:
    assert price_of(row_price=2, rows=5, text_price=0, text_bytes=10**9) == 10


def test_the_bytes_of_values_of_text_features_count_and_nothing_else() -> None:
    row = {"age": 33, "city": "Kazan", "title": "да", "review": "fine🙂"}

    assert bytes_of_text(SCHEMA, [row]) == 4 + 8
    assert bytes_of_text(SCHEMA, [row, row]) == 24


@pytest.mark.parametrize(
    "row",
    [None, [], "text", 5, {}, {"title": 5, "review": None}, {"headline": "a"}, {"title": ["a"]}],
    ids=str,
)
def test_what_is_not_a_text_of_the_model_has_no_bytes(row: object) -> None:
    assert bytes_of_text(SCHEMA, [row]) == 0


def test_half_of_a_surrogate_pair_is_counted_rather_than_raised() -> None:
    assert bytes_of_text(SCHEMA, [{"title": "\ud800", "review": ""}]) == 3


@given(
    rows=st.lists(st.integers(min_value=0, max_value=5_000), min_size=1, max_size=8),
    row_price=st.integers(min_value=0, max_value=9),
    text_price=st.integers(min_value=0, max_value=9),
)
def test_a_part_of_the_rows_never_costs_more_than_all_of_them(
    rows: list[int], row_price: int, text_price: int
) -> None:
    prices = [
        price_of(row_price=row_price, rows=n, text_price=text_price, text_bytes=sum(rows[:n]))
        for n in range(len(rows) + 1)
    ]

    assert prices[0] == 0
    assert prices == sorted(prices)
