"""Decides how each column of a table is used, from its name and its cells alone."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from augury.domain.dates import read_date
from augury.domain.numbers import ALL, Convention, TwoReadings, followed, number
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind
from augury.outbound.training.table import Cell
from augury.outbound.training.watch import Untrainable

MISSING_MARKS = frozenset({"na", "n/a", "nan", "null", "none", "nil", "-", "?", "#n/a", "missing"})
"""Texts in a column of numbers or dates that mean a missing value, in lower case."""
_ID_NAME = re.compile(
    r"(?:.*[_\-. ])?(?:id|uuid|guid|index|idx|key|rowid|row|номер|код)|unnamed: ?\d+", re.IGNORECASE
)
_CAMEL_ID = re.compile(r".*[a-z]I[dD]")
_SLASHED_DATE = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}(?: .*)?")
_CODE = re.compile(r"0\d+")
_NEARLY_ALL = 0.95
_LARGEST = 3.4e38
"""Larger numbers do not fit into CatBoost's 32-bit floats."""
_MANY = 20
"""The fewest rows for which "every row has its own value" means something."""
_SAMPLE = 2_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its kind, and the reason."""

    name: str
    kind: ColumnKind
    why: Reason
    cells: Sequence[Cell] = field(repr=False)
    conventions: Collection[Convention] = ALL
    """How its numbers are written."""


def column_of(name: str, cells: Sequence[Cell], wanted: ColumnKind | None = None) -> Column:
    """The column with the `wanted` kind, or else with the kind that its name and cells suggest. Raises
    `Untrainable` if the cells do not fit the wanted kind."""
    different = set(cells) - {None}
    if wanted is None:
        return _found(name, cells, different)
    if wanted is ColumnKind.NUMBER:
        conventions = number_conventions(different)
        if conventions is None:
            raise Untrainable(ReasonCode.NOT_NUMBERS, name=name, value=no_number(different))
        return Column(name, wanted, Reason.of(ReasonCode.AS_YOU_SAID), cells, conventions)
    if wanted is ColumnKind.DATE and not _are_dates(different):
        wrong = next((each for each in different if not _are_dates([each])), None)
        raise Untrainable(ReasonCode.NOT_DATES, name=name, value=_short(wrong))
    return Column(name, wanted, Reason.of(ReasonCode.AS_YOU_SAID), cells)


def _found(name: str, cells: Sequence[Cell], different: set[Cell]) -> Column:
    rows = len(cells)
    if len(different) + (None in cells) <= 1:
        why = _constant(different)
        return Column(name, ColumnKind.SKIP, why, cells)
    if (conventions := number_conventions(different)) is not None:
        if code := _id_number(name, cells, different, conventions):
            return Column(name, ColumnKind.SKIP, Reason.of(code), cells)
        why = _counted(ReasonCode.NUMBERS, different)
        return Column(name, ColumnKind.NUMBER, why, cells, conventions)
    texts = {str(each) for each in different}
    if _are_dates(texts):
        return Column(name, ColumnKind.DATE, _counted(ReasonCode.DATES, texts), cells)
    if all(map(_SLASHED_DATE.fullmatch, texts)):
        return Column(name, ColumnKind.SKIP, Reason.of(ReasonCode.TWO_READINGS), cells)
    return _words(name, cells, texts, rows)


def _words(name: str, cells: Sequence[Cell], texts: set[str], rows: int) -> Column:
    sample = sorted(texts)[:: max(1, len(texts) // _SAMPLE)]
    words = sum(len(text.split()) for text in sample) / len(sample)
    own_share = len(texts) / sum(cell is not None for cell in cells)
    if len(texts) > _MANY and (words >= 4 or (words >= 2 and own_share > 0.5)):
        return Column(name, ColumnKind.TEXT, Reason.of(ReasonCode.TEXTS, count=round(words)), cells)
    if own_share >= _NEARLY_ALL and rows >= _MANY:
        return Column(name, ColumnKind.SKIP, Reason.of(ReasonCode.OWN_VALUES), cells)
    return Column(name, ColumnKind.CATEGORY, _counted(ReasonCode.VALUES, texts), cells)


def _constant(different: Collection[Cell]) -> Reason:
    if not different:
        return Reason.of(ReasonCode.NO_VALUES)
    return Reason.of(ReasonCode.CONSTANT, value=_short(next(iter(different))))


def _counted(code: ReasonCode, different: Collection[Cell]) -> Reason:
    """The number of distinct values. If there is only one, beside missing ones, that value."""
    if len(different) == 1:
        return Reason.of(ReasonCode.ONE_VALUE, value=_short(next(iter(different))))
    return Reason.of(code, count=len(different))


def number_conventions(different: Collection[Cell]) -> Collection[Convention] | None:
    """How these numbers are written, or None if they are not numbers. Codes such as 007 are not numbers."""
    texts = [each.strip() for each in different if isinstance(each, str)]
    numbers = [each for each in texts if each.lower() not in MISSING_MARKS]
    if not numbers:
        return ALL if any(isinstance(each, float) for each in different) else None
    if any(map(_CODE.fullmatch, numbers)):
        return None
    conventions = reduce(lambda kept, each: kept & followed(each), numbers, ALL)
    if not conventions:
        return None
    return conventions if all(number_of(each, conventions) is not None for each in numbers) else None


def number_of(cell: Cell, conventions: Collection[Convention]) -> float | None:
    """The number in the cell. None if it is missing, not a number or too large."""
    if cell is None or isinstance(cell, float):
        return cell if cell is not None and abs(cell) <= _LARGEST else None
    try:
        found = number(cell.strip(), conventions)
    except TwoReadings as both:
        found = both.one
    return None if found is None or not abs(found) <= _LARGEST else float(found)  # false for NaN


def no_number(different: Collection[Cell]) -> str:
    """One of the cells that are not a number by any convention, shortened."""
    wrong = [str(each) for each in different if each is not None and number_conventions([each]) is None]
    return _short(min(wrong, default=next(iter(different), None)))


def _are_dates(different: Collection[Cell]) -> bool:
    texts = [str(each) for each in different if str(each).strip().lower() not in MISSING_MARKS]
    return bool(texts) and all(map(read_date, texts))


def _id_number(
    name: str, cells: Sequence[Cell], different: set[Cell], conventions: Collection[Convention]
) -> ReasonCode | None:
    """The reason to treat the numbers as ids, or None."""
    rows = len(cells)
    if rows < _MANY or len(different) < _NEARLY_ALL * rows:
        return None
    numbers = [number_of(cell, conventions) for cell in cells]
    whole = [int(each) for each in numbers if each is not None and each.is_integer()]
    if len(whole) < _NEARLY_ALL * rows:
        return None
    if _ID_NAME.fullmatch(name) or _CAMEL_ID.fullmatch(name):
        return ReasonCode.ID_NAME
    if all(map(int.__lt__, whole, whole[1:])):
        return ReasonCode.COUNTS_ROWS
    if len(set(whole)) == rows and max(whole) - min(whole) < 1.1 * rows:
        return ReasonCode.WHOLE_RANGE
    return None


def columns_of(
    table: Mapping[str, Sequence[Cell]], kinds: Mapping[str, ColumnKind], without: Collection[str]
) -> list[Column]:
    """All columns except those in `without`, in the table's order. Raises `Untrainable`."""
    return [
        column_of(name, cells, kinds.get(name))
        for name, cells in table.items()
        if name not in without or name in kinds
    ]


def _short(cell: Cell) -> str:
    text = f"{cell:g}" if isinstance(cell, float) else str(cell)
    return text if len(text) <= 30 else text[:30] + "…"
