import pytest

from augury.domain.feature import Feature, FeatureKind
from augury.domain.values import category, from_cell

NUMBER = Feature("paid", FeatureKind.NUMERIC)
CATEGORY = Feature("paid", FeatureKind.CATEGORICAL)
TEXT = Feature("paid", FeatureKind.TEXT)


@pytest.mark.parametrize("feature", [NUMBER, CATEGORY])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("True", True), ("true", True), ("TRUE", True), ("ИСТИНА", True)],
        *[("False", False), ("false", False), ("FALSE", False), ("ЛОЖЬ", False)],
    ],
)
def test_a_cells_boolean_is_a_boolean(feature: Feature, text: str, value: bool) -> None:
    assert from_cell(feature, text) is value
    assert from_cell(feature, f" {text} ") is value


@pytest.mark.parametrize("text", ["truth", "yes", "T", "1", "", "None"])
def test_a_cell_that_is_no_boolean_stays_as_it_is(text: str) -> None:
    assert from_cell(CATEGORY, text) == text


def test_a_text_may_read_true() -> None:
    assert from_cell(TEXT, "True") == "True"


def test_a_cell_stays_a_text_where_the_model_was_trained_on_that_text() -> None:
    feature = Feature("paid", FeatureKind.CATEGORICAL, values=("True", "False", "maybe", "ИСТИНА"))

    assert [from_cell(feature, text) for text in ("True", "maybe", "true")] == ["True", "maybe", True]
    assert [from_cell(feature, text) for text in ("ИСТИНА", "ЛОЖЬ")] == ["ИСТИНА", False]


@pytest.mark.parametrize(
    ("value", "known", "text"),
    [
        (True, (), "1"),
        (False, (), "0"),
        (True, ("0", "1"), "1"),
        (False, ("0.0", "1.0"), "0.0"),
        (True, ("True", "False"), "True"),
        (True, ("1", "True"), "True"),
        (False, ("true", "false"), "false"),
        (7, (), "7"),
        (7, ("7.0",), "7.0"),
        (7.0, (), "7"),
        (7.0, ("7",), "7"),
        (7.0, ("7.0",), "7.0"),
        (-0.0, (), "0"),
        ("7.0", (), "7.0"),
        ("7.0", ("7",), "7"),
        ("7.00", ("7",), "7"),
        ("7", ("7.0",), "7.0"),
        ("7", ("7", "7.0"), "7"),
        ("-7.0", ("-7",), "-7"),
        ("07.0", ("7",), "07.0"),
        ("7.5", ("7",), "7.5"),
        ("True", ("1", "0"), "1"),
        ("False", ("True", "False"), "False"),
        ("False", ("maybe",), "False"),
        ("Paris", ("paris",), "Paris"),
        ("", (), ""),
    ],
)
def test_a_category_is_written_as_the_model_was_trained_on_it(
    value: str | float, known: tuple[str, ...], text: str
) -> None:
    assert category(value, known.__contains__) == text
