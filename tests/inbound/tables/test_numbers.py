"""Numbers are read as they were meant. An ambiguous number is never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.domain.numbers import ALL, COMMAS, POINTS, TwoReadings, followed, number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("3,5", 3.5),
        ("3.5", 3.5),
        ("12.500", 12.5),
        ("0,125", 0.125),
        ("12,5000", 12.5),
        ("1234,500", 1234.5),
        ("1,234,567", 1234567),
        ("-1,234,567.8", -1234567.8),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1.234.567", 1234567),
        ("1 234,5", 1234.5),
        ("1\u202f234\u202f567,125", 1234567.125),
        ("12 500,125", 12500.125),
        ("- 7", -7),
        ("−7,5", -7.5),
        ("1,5e3", 1500),
        (".5", 0.5),
        (",5", 0.5),
        ("+7", 7),
    ],
)
def test_a_number_is_read_by_the_convention_that_it_follows(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "one", "other"), [("12,500", 12.5, 12500), ("-1,000", -1, -1000), ("999,999", 999.999, 999999)]
)
def test_a_comma_before_three_digits_has_two_readings(text: str, one: float, other: float) -> None:
    with pytest.raises(TwoReadings) as readings:
        number(text)
    assert (readings.value.one, readings.value.other) == (one, other)
    assert number(text, COMMAS) == one
    assert number(text, POINTS) == other


@pytest.mark.parametrize("text", ["", "12,50,000", "1,2,3", "1 2", "1_000", "1,23.4.5", "a", "1.2.3", "--1"])
def test_what_follows_no_convention_is_no_number(text: str) -> None:
    assert number(text) is None
    assert followed(text) == ALL


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_programs_write_it_is_itself(value: float) -> None:
    assert number(repr(value)) == value


@given(st.integers(-(10**12), 10**12), st.sampled_from(["{:,}.5", "{:,}.25"]))
def test_a_number_with_all_signs_is_itself_in_both_worlds(whole: int, form: str) -> None:
    english = form.format(whole)
    german = english.translate(str.maketrans(",.", ".,"))
    assert number(english) == number(german) == float(english.replace(",", ""))
