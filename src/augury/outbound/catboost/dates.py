"""Turns the dates that customers send into the numbers that a model takes."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augury.domain.dates import DatePart, read_date

Parts: TypeAlias = Sequence[DatePart]


def parts_of(dates: Sequence[Any], parts: Parts) -> npt.NDArray[np.float64]:
    """Rows by parts. A missing date, or a text that is not a date, gets NaN for all parts."""
    missing = (np.nan,) * len(parts)
    known: dict[Any, tuple[float, ...]] = {None: missing}
    for text in set(dates) - {None}:
        date = read_date(text)
        known[text] = missing if date is None else tuple(part.of(date) for part in parts)
    return np.array([known[text] for text in dates], dtype=np.float64).reshape(len(dates), len(parts))


def with_parts(table: npt.NDArray[Any], dates: Mapping[int, Parts]) -> npt.NDArray[Any]:
    """Replace the columns of dates, which are the last ones, by the parts. `dates` are the parts by
    column."""
    first = min(dates)
    made = [parts_of(table[:, column].tolist(), parts) for column, parts in dates.items()]
    return np.column_stack([table[:, :first], *(each.astype(object) for each in made)])
