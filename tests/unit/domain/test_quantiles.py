import math

from augury.domain.quantiles import finite, quantile

BOUNDS = (1.0, 2.0)


def test_a_quantile_is_the_bound_of_the_bucket_that_has_it() -> None:
    counts = (3, 0, 1)
    assert quantile(counts, BOUNDS, 0.5) == 1.0
    assert quantile(counts, BOUNDS, 0.75) == 1.0
    assert quantile(counts, BOUNDS, 0.76) == math.inf


def test_nothing_has_no_quantile_and_infinity_is_not_shown() -> None:
    assert quantile((0, 0, 0), BOUNDS, 0.5) is None
    assert [finite(each) for each in (None, math.inf, 2.0)] == [None, None, 2.0]
