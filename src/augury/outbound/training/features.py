"""Turns the columns of a table into the features of a model, in the model's order: parts of dates come
last."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from augury.domain.dates import DatePart, part_name, read_date
from augury.domain.model_facts import MOST_FEATURES, MOST_NAME_CHARACTERS
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind
from augury.outbound.training.kinds import Column, number_of
from augury.outbound.training.watch import Untrainable

MOST_LISTED = 1_000
"""The most categories of one feature that the file lists. A feature with more has names or numbers, not
choices."""
MOST_BESIDE_TEXTS = 255
"""Values of a category that can be one-hot. If the table has a text, a category with more values is also used
as a text."""
_ORDER = (ColumnKind.NUMBER, ColumnKind.CATEGORY, ColumnKind.TEXT)


@dataclass(frozen=True, slots=True)
class Features:
    """The model's features as a pandas DataFrame, and the names of those that are not numbers."""

    frame: Any
    categories: Sequence[str]
    texts: Sequence[str]
    dates: Mapping[str, tuple[DatePart, ...]]

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Self:
        """Raises `Untrainable` if no column can be used."""
        used = [each for each in columns if each.kind is not ColumnKind.SKIP]
        frame: dict[str, Any] = {each.name: _values(each) for each in used if each.kind in _ORDER}
        dates: dict[str, tuple[DatePart, ...]] = {}
        for each in used:
            if each.kind is ColumnKind.DATE:
                parts = _parts(each.cells)
                dates[each.name] = tuple(parts)
                for part, values in parts.items():
                    frame[_name_of(part, each.name, frame)] = values
        if not frame:
            raise Untrainable(ReasonCode.NO_FEATURES)
        if len(frame) > MOST_FEATURES:
            raise Untrainable(ReasonCode.MANY_FEATURES, count=len(frame), most=MOST_FEATURES)
        return cls(
            pd.DataFrame(frame),
            [each.name for each in used if each.kind is ColumnKind.CATEGORY],
            [each.name for each in used if each.kind is ColumnKind.TEXT],
            dates,
        )

    def rows(self, places: npt.NDArray[Any]) -> Any:  # noqa: ANN401  # a DataFrame
        return self.frame.iloc[places]

    def known_values(self) -> dict[str, tuple[str, ...]]:
        """The values of each categorical feature, the most frequent first. Features with more than
        `MOST_LISTED` are left out."""
        counted = {name: Counter(self.frame[name].tolist()) for name in self.categories}
        return {
            name: tuple(value for value, _ in counts.most_common())
            for name, counts in counted.items()
            if len(counts) <= MOST_LISTED
        }

    def row_hashes(self) -> npt.NDArray[np.uint64]:
        """A hash of each row, which ignores case and blanks in texts. Rows with equal hashes are
        duplicates."""
        frame = self.frame.copy()
        for name in [*self.texts, *self.categories]:
            frame[name] = [" ".join(text.casefold().split()) for text in frame[name]]
        hashes: npt.NDArray[np.uint64] = pd.util.hash_pandas_object(frame, index=False).to_numpy(np.uint64)
        return hashes


def _name_of(part: DatePart, date: str, taken: Collection[str]) -> str:
    """The name of the feature for a part of a date. Raises `Untrainable` if no model can have it."""
    name = part_name(date, part)
    if name in taken:
        raise Untrainable(ReasonCode.PART_OF_DATE, name=name, date=date)
    if len(name) > MOST_NAME_CHARACTERS:
        most = MOST_NAME_CHARACTERS - len(part_name("", part))
        raise Untrainable(ReasonCode.LONG_COLUMN_NAME, name=f"{date[:20]}…", most=most)
    return name


def beside_texts(columns: Sequence[Column]) -> list[Column]:
    """The columns, where categories with many values become texts if any column is a text."""
    if all(each.kind is not ColumnKind.TEXT for each in columns):
        return list(columns)
    return [
        replace(each, kind=ColumnKind.TEXT, why=Reason.of(ReasonCode.VALUES_BESIDE_TEXT, count=count))
        if each.kind is ColumnKind.CATEGORY and (count := len(set(each.cells))) > MOST_BESIDE_TEXTS
        else each
        for each in columns
    ]


def _values(column: Column) -> Any:  # noqa: ANN401  # an array
    if column.kind is ColumnKind.NUMBER:
        known = {cell: number_of(cell, column.conventions) for cell in set(column.cells)}
        return np.array([known[cell] for cell in column.cells], dtype=np.float32)
    return np.array([as_text(cell) for cell in column.cells], dtype=object)


def as_text(cell: str | float | None) -> str:
    """A category or a label as text. A whole number has no decimal point; a missing value is the empty
    text."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return cell or ""


def _parts(cells: Sequence[object]) -> dict[DatePart, npt.NDArray[np.float32]]:
    """The values of the parts of dates that differ between rows, or of the year if none does."""
    dates = dates_in(cells)
    made = {
        part: np.array([np.nan if each is None else part.of(each) for each in dates], dtype=np.float32)
        for part in DatePart
    }
    differing = {part: values for part, values in made.items() if len(np.unique(values)) > 1}
    return differing or {DatePart.YEAR: made[DatePart.YEAR]}


def dates_in(cells: Sequence[object]) -> list[datetime | None]:
    known = {cell: read_date(cell) if isinstance(cell, str) else None for cell in set(cells)}
    return [known[cell] for cell in cells]
