import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from augury.outbound.catboost.digits import DIGITS, shortened

probabilities = st.floats(0, 1) | st.floats(0, 1).map(lambda p: 10.0 ** (-300 * p))


def significant_digits(value: float) -> int:
    digits = repr(value).partition("e")[0].replace(".", "").strip("0")
    return len(digits)


@given(st.lists(probabilities, min_size=1))
def test_a_probability_is_short_the_same_float32_and_never_rounded_to_certainty(given: list[float]) -> None:
    for before, after in zip(given, shortened(np.array(given)).tolist(), strict=True):
        assert significant_digits(after) <= DIGITS
        assert (after == 0, after == 1) == (before == 0, before == 1)
        assert abs(after - before) <= before * 2.0**-23
        if before > 1e-45:
            assert np.float32(after) == np.float32(before)


def test_a_probability_between_two_float32_numbers_stays_on_its_side() -> None:
    numbers = np.random.default_rng(1).random(20_000, dtype=np.float32)
    middle = (numbers.astype(np.float64) + np.nextafter(numbers, np.float32(2)).astype(np.float64)) / 2
    for near in (np.nextafter(middle, 0), np.nextafter(middle, 2)):
        assert np.array_equal(shortened(near).astype(np.float32), near.astype(np.float32))


def test_the_extremes_stay_what_they_are() -> None:
    given = [0.0, 5e-324, 1e-300, 1e-12, 4e-4 / 3, 0.1, 0.5, 1 - 1e-12, np.nextafter(1, 0), 1.0]

    assert shortened(np.array(given)).tolist() == [
        *(0.0, 5e-324, 1e-300, 1e-12, 0.000133333333, 0.1, 0.5, 0.999999999, 0.999999999, 1.0)
    ]


def test_many_rows_keep_their_shape() -> None:
    given = np.array([[0.25, 0.75], [1e-30, 1.0], [np.nan, np.nan]])

    assert np.array_equal(shortened(given), given, equal_nan=True)
