"""Quantiles of counts in buckets."""

import math
from collections.abc import Sequence


def quantile(counts: Sequence[int], bounds: Sequence[float], share: float) -> float | None:
    """The first of `bounds` that this share of the counted values did not exceed; infinity if it is above all
    of them. None if nothing was counted. `counts` has one more bucket than there are bounds."""
    wanted, seen = share * sum(counts), 0
    if not wanted:
        return None
    for bound, counted in zip((*bounds, math.inf), counts, strict=True):
        seen += counted
        if seen >= wanted:
            return bound
    return math.inf


def finite(value: float | None) -> float | None:
    """None instead of infinity, which JSON does not have."""
    return None if value is None or math.isinf(value) else value
