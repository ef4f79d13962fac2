from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.domain.feature import MOST_CATEGORY_NUMBER, MOST_NUMBER, MOST_TEXT, Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.row_errors import RowFault
from augury.domain.rows import check_rows

NUMBER = Feature("age", FeatureKind.NUMERIC)
CATEGORY = Feature("city", FeatureKind.CATEGORICAL)
TEXT = Feature("text", FeatureKind.TEXT)
MIXED = InputSchema((NUMBER, CATEGORY, TEXT))
GOOD = {"age": 33, "city": "Paris", "text": "hello"}

FITTING = {
    "age": st.none() | st.integers(-(10**38), 10**38) | st.floats(-MOST_NUMBER, MOST_NUMBER),
    "city": st.text(st.characters(exclude_characters="\x00", codec="utf-8"))
    | st.integers(-MOST_CATEGORY_NUMBER, MOST_CATEGORY_NUMBER),
    "text": st.text(st.characters(exclude_characters="\x00", codec="utf-8")),
}
ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["33", "", "\x00", "\ud800", 10**400, 2**63, [], {}])
)
fitting_rows = st.fixed_dictionaries(FITTING)
any_rows = (
    fitting_rows
    | st.fixed_dictionaries({name: fitting | ANYTHING for name, fitting in FITTING.items()})
    | st.fixed_dictionaries({}, optional={**FITTING, "extra": ANYTHING})
    | ANYTHING
)


def assert_same_as_row_by_row(schema: InputSchema, rows: Sequence[object], max_text: int = MOST_TEXT) -> None:
    checked = check_rows(schema, rows, max_text)

    assert list(checked.errors) == schema.check_all(rows, max_text)
    bad = {error.row for error in checked.errors}
    fine = [row for index, row in enumerate(rows) if index not in bad]
    assert list(checked.values) == [
        tuple(row[feature.name] for feature in schema.features) for row in fine if isinstance(row, dict)
    ]


@given(st.lists(any_rows, max_size=8))
def test_checking_by_columns_finds_what_checking_row_by_row_finds(rows: list[object]) -> None:
    assert_same_as_row_by_row(MIXED, rows)


@given(st.lists(any_rows, max_size=8), st.integers(1, 4))
def test_texts_that_are_too_long_are_the_same_rows_either_way(rows: list[object], max_text: int) -> None:
    assert_same_as_row_by_row(MIXED, rows, max_text)


@pytest.mark.parametrize("name", ["city", "text"])
def test_one_text_that_is_too_long_makes_one_row_invalid(name: str) -> None:
    rows = [GOOD] * 300
    rows[270] = {**GOOD, name: "x" * 101}

    assert [(e.row, e.field, e.fault) for e in check_rows(MIXED, rows, 100).errors] == [
        (270, name, RowFault.TOO_LONG)
    ]
    assert not check_rows(MIXED, [GOOD] * 300, 100).errors, "many short ones are not one long one"


@given(st.lists(fitting_rows, max_size=8))
def test_fitting_rows_are_all_taken_as_they_are(rows: list[dict[str, object]]) -> None:
    checked = check_rows(MIXED, rows)

    assert (len(checked.values), len(checked.errors)) == (len(rows), 0)
    assert_same_as_row_by_row(MIXED, rows)


@pytest.mark.parametrize("row", [0, 255, 256, 511, 512, 699])
def test_a_bad_row_is_named_by_its_place_among_all_rows(row: int) -> None:
    rows = [GOOD] * 700
    rows[row] = {**GOOD, "text": 5}

    checked = check_rows(MIXED, rows)

    assert [(error.row, error.field) for error in checked.errors] == [(row, "text")]
    assert len(checked.values) == 699


@pytest.mark.parametrize("feature", [NUMBER, CATEGORY, TEXT])
def test_a_model_of_one_feature_takes_its_rows(feature: Feature) -> None:
    schema = InputSchema((feature,))
    rows = [{feature.name: GOOD[feature.name]}, {feature.name: []}, {}, GOOD]

    assert_same_as_row_by_row(schema, rows)
    assert check_rows(schema, rows).values == [(GOOD[feature.name],)]


def test_values_stand_in_the_models_order_whatever_the_rows_order() -> None:
    rows = [dict(reversed(GOOD.items()))]

    assert check_rows(MIXED, rows).values == [(33, "Paris", "hello")]
