from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ReadAs, ValueIs
from augury.domain.feature import MOST_CATEGORY_NUMBER, MOST_NUMBER, Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.model import (
    MOST_ROW_PRICE,
    InvalidModelName,
    Model,
    ModelNotFound,
    ModelRef,
    ModelState,
    VersionMissing,
)
from augury.domain.model_facts import ModelFacts
from augury.domain.model_texts import ModelTexts
from augury.domain.row_errors import RowError, RowFault
from augury.domain.rows import check_rows
from augury.domain.transfer import InvalidAmount

NUMBER = Feature("age", FeatureKind.NUMERIC)
CATEGORY = Feature("city", FeatureKind.CATEGORICAL, values=("Paris", "Rome"))
TEXT = Feature("text", FeatureKind.TEXT)
EMBEDDING = Feature("picture", FeatureKind.EMBEDDING, length=2)
ANY_EMBEDDING = Feature("sound", FeatureKind.EMBEDDING)
SCHEMA = InputSchema((NUMBER, CATEGORY, TEXT))
GOOD_ROW: dict[str, object] = {"age": 33, "city": "Paris", "text": "hello"}

GOOD: dict[Feature, list[object]] = {
    NUMBER: [0, -1, 33, 1.5, -0.0, None, True, False, MOST_NUMBER, -MOST_NUMBER],
    CATEGORY: [
        "Paris",
        "unseen",
        "",
        "Ёлка",
        7,
        -7,
        7.0,
        -0.0,
        True,
        False,
        MOST_CATEGORY_NUMBER,
        -MOST_CATEGORY_NUMBER,
    ],
    TEXT: ["", "hello", "привет 🙂", "33"],
    EMBEDDING: [[1, -2.5], [0.0, MOST_NUMBER]],
    ANY_EMBEDDING: [[1], [1, 2, 3]],
}
BAD: dict[Feature, list[object]] = {
    NUMBER: [
        "33",
        "",
        float("nan"),
        float("inf"),
        float("-inf"),
        10**400,
        -(10**400),
        3.5e38,
        [],
        {},
    ],
    CATEGORY: [
        1.5,
        float("nan"),
        float("inf"),
        1e300,
        None,
        2**63,
        -(2**64),
        10**400,
        "a\x00b",
        "\ud800",
        [],
        {},
    ],
    TEXT: [33, 1.5, None, True, "a\x00b", "\ud800", "\udfff tail", b"bytes", ["text"], {"text": "x"}],
}
BAD_EMBEDDINGS: list[object] = [
    [],
    [1],
    [1, 2, 3],
    [1, None],
    [1, True],
    [1, "2"],
    [1, [2]],
    [1, float("nan")],
    [1, 1e39],
    None,
    "[1, 2]",
    1.5,
    (1, 2),
]


@pytest.mark.parametrize(("feature", "value"), [(f, value) for f, values in GOOD.items() for value in values])
def test_a_fitting_value_is_taken(feature: Feature, value: object) -> None:
    assert feature.fault(value) is None


@pytest.mark.parametrize(("feature", "value"), [(f, value) for f, values in BAD.items() for value in values])
def test_a_value_that_the_model_would_misread_or_choke_on_is_complained_about(
    feature: Feature, value: object
) -> None:
    assert feature.fault(value)


@pytest.mark.parametrize("value", BAD_EMBEDDINGS)
def test_an_embedding_has_as_many_numbers_as_the_model_takes(value: object) -> None:
    assert EMBEDDING.fault(value)


@pytest.mark.parametrize("group", ["a", "", 7, -1])
def test_a_row_for_a_ranking_may_name_its_group(group: object) -> None:
    schema = InputSchema(SCHEMA.features, is_grouped=True)
    row = {**GOOD_ROW, "group": group}

    assert schema.check(row) is schema.check(GOOD_ROW) is None
    assert list(check_rows(schema, [row, GOOD_ROW]).errors) == []
    assert SCHEMA.check(row) == RowError(0, "group", RowFault.UNKNOWN)
    assert [each.fault for each in check_rows(SCHEMA, [row, GOOD_ROW]).errors] == [RowFault.UNKNOWN]
    assert schema.check({**row, "more": 1}) == RowError(0, "more", RowFault.UNKNOWN)


@pytest.mark.parametrize("group", [None, 1.5, True, ["a"], {}])
def test_a_group_is_a_text_or_a_whole_number(group: object) -> None:
    schema = InputSchema(SCHEMA.features, is_grouped=True)
    row = {**GOOD_ROW, "group": group}

    assert schema.check(row) == RowError(0, "group", RowFault.NOT_A_CATEGORY)
    assert list(check_rows(schema, [GOOD_ROW, row]).errors) == [RowError(1, "group", RowFault.NOT_A_CATEGORY)]


@pytest.mark.parametrize("feature", [CATEGORY, TEXT])
def test_a_text_or_category_may_be_as_long_as_the_limit_and_no_longer(feature: Feature) -> None:
    assert feature.fault("ж" * 100_000) is None
    assert feature.fault("ж" * 100_001) is RowFault.TOO_LONG
    assert feature.fault("ж" * 6, max_text=5) is RowFault.TOO_LONG


@given(st.sampled_from(sorted(BAD, key=lambda feature: feature.name)), st.data())
def test_a_bad_value_is_found_wherever_it_stands_in_the_row(feature: Feature, data: st.DataObject) -> None:
    bad = data.draw(st.sampled_from(BAD[feature]))
    row = {**GOOD_ROW, feature.name: bad}
    order = data.draw(st.permutations(sorted(row)))

    error = SCHEMA.check({name: row[name] for name in order}, 7)

    assert error is not None
    assert (error.row, error.field) == (7, feature.name)


@given(st.one_of(st.integers(), st.floats(allow_nan=False, width=32, allow_infinity=False), st.none()))
def test_a_number_is_taken_exactly_if_a_float32_can_hold_it(value: float | None) -> None:
    fits = value is None or abs(value) <= MOST_NUMBER

    assert (NUMBER.fault(value) is None) == fits


@pytest.mark.parametrize("name", sorted(GOOD_ROW))
def test_a_missing_feature_is_named(name: str) -> None:
    row = {each: value for each, value in GOOD_ROW.items() if each != name}

    assert SCHEMA.check(row) == RowError(0, name, RowFault.MISSING)


@given(st.text().filter(lambda name: name not in GOOD_ROW))
def test_an_extra_feature_is_named(name: str) -> None:
    error = SCHEMA.check({**GOOD_ROW, name: 1})

    assert error == RowError(0, name, RowFault.UNKNOWN)


@pytest.mark.parametrize("row", [None, 1, "text", [], ["text"], True])
def test_a_row_that_is_no_object_is_refused(row: object) -> None:
    assert SCHEMA.check(row, 3) == RowError(3, None, RowFault.NOT_AN_OBJECT)


def test_every_bad_row_is_named_once_and_in_order() -> None:
    rows = [GOOD_ROW, {}, GOOD_ROW, {**GOOD_ROW, "age": "33", "text": 1}, None]

    assert [(error.row, error.field) for error in SCHEMA.check_all(rows)] == [
        (1, "age"),
        (3, "age"),
        (4, None),
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(["age", "city", "text", "other"]), json_values) | json_values)
def test_whatever_is_sent_is_answered_with_a_complaint_or_fits_every_feature(row: object) -> None:
    error = SCHEMA.check(row)

    if error is None:
        assert isinstance(row, dict)
        assert row.keys() == GOOD_ROW.keys()
        assert isinstance(row["text"], str)
        assert not isinstance(row["age"], str)
        assert isinstance(row["city"], (str, int, float))


def model(name: str = "tone", row_price: int = 1) -> Model:
    facts = ModelFacts(task=ModelTask.CLASSIFICATION, schema=SCHEMA, classes=("a", "b"), metrics={})
    return Model(
        ref=ModelRef(name, 1),
        facts=facts,
        sha256="0" * 64,
        row_price=row_price,
        state=ModelState.ACTIVE,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("name", ["tone", "0", "a-b_c", "x" * 63])
def test_a_short_plain_name_is_a_models_name(name: str) -> None:
    assert model(name).ref.name == name


@pytest.mark.parametrize("name", ["", "Tone", "-a", "a b", "a@1", "a/b", "тон", "x" * 64, "tone\n"])
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidModelName):
        model(name)


def test_a_models_price_grows_with_the_rows() -> None:
    assert model(row_price=3).price(10_000, 0) == 30_000
    assert model(row_price=0).price(10_000, 0) == 0


@pytest.mark.parametrize("row_price", [-1, MOST_ROW_PRICE + 1])
def test_a_row_price_below_nothing_or_beyond_the_limit_is_refused(row_price: int) -> None:
    with pytest.raises(InvalidAmount):
        model(row_price=row_price)


def test_a_price_beyond_what_a_balance_can_hold_is_refused() -> None:
    with pytest.raises(InvalidAmount):
        model(row_price=MOST_ROW_PRICE).price(10**10, 0)


@given(
    st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True), st.integers(min_value=0, max_value=10**9 - 1)
)
def test_a_reference_is_read_as_it_is_written(name: str, version: int) -> None:
    assert ModelRef.parse(str(ModelRef(name, version))) == ModelRef(name, version)


@pytest.mark.parametrize(
    "text",
    [
        "tone@",
        "tone@x",
        "tone@-1",
        "tone@1.0",
        "tone@²",
        "tone@١",
        "tone@" + "9" * 10,
        "@1",
        "Tone@1",
        "to\x00ne@1",
        "to\ud800ne@1",
    ],
)
def test_what_is_no_reference_names_no_model(text: str) -> None:
    with pytest.raises(ModelNotFound):
        ModelRef.parse(text)


def test_a_name_alone_lacks_a_version() -> None:
    with pytest.raises(VersionMissing):
        ModelRef.parse("tone")


def regression(
    value_is: ValueIs | None, read_as: ReadAs | None = None, *, nullable: bool = True
) -> ModelFacts:
    features = tuple(Feature(name, FeatureKind.NUMERIC, nullable=nullable) for name in ("age", "size"))
    return ModelFacts(
        task=ModelTask.REGRESSION,
        schema=InputSchema(features),
        classes=(),
        metrics={},
        value_is=value_is,
        read_as=read_as,
    )


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            regression(ValueIs.RATE, ReadAs.EXPONENT),
            regression(ValueIs.UNKNOWN),
            "its value may be a logarithm",
        ),
        (
            regression(ValueIs.UNKNOWN, ReadAs.EXPONENT),
            regression(ValueIs.UNKNOWN),
            "its value may be a logarithm",
        ),
        (regression(ValueIs.UNKNOWN, ReadAs.EXPONENT), regression(ValueIs.UNKNOWN, ReadAs.RAW), ""),
        (regression(ValueIs.UNKNOWN), regression(ValueIs.UNKNOWN), ""),
        (regression(ValueIs.UNKNOWN), regression(ValueIs.MEAN, ReadAs.RAW), ""),
        (regression(ValueIs.MEAN), regression(ValueIs.LOG_HAZARD), "its value is a log_hazard, not a mean"),
        (
            regression(ValueIs.MEAN),
            regression(ValueIs.MEAN, nullable=False),
            "it takes no missing values of age, size",
        ),
        (regression(ValueIs.MEAN, nullable=False), regression(ValueIs.MEAN), ""),
    ],
)
def test_a_version_differs_where_callers_would_get_errors_or_values_in_another_unit(
    old: ModelFacts, new: ModelFacts, why: str
) -> None:
    assert [str(each)[: len(why)] for each in new.differences(old)] == ([why] if why else [])


def test_what_the_operator_described_outlives_the_same_file_again() -> None:
    in_file = ModelTexts(description={"en": "From the file"}, features={"age": {"en": "Age"}})
    found = ModelFacts(task=ModelTask.REGRESSION, schema=SCHEMA, classes=(), metrics={}, texts=in_file)
    described = found.described_by(
        ModelTexts(description={"en": "By hand"}, features={"city": {"en": "City"}})
    )

    again = found.remembering(described)

    assert again.texts.description == {"en": "By hand"}
    assert again.texts.features == {"age": {"en": "Age"}, "city": {"en": "City"}}
