"""The names of the columns of a batch's results."""

from collections.abc import Sequence
from dataclasses import dataclass

from augury.inbound.tables.own_names import unused
from augury.slices.sheet import Sheet


@dataclass(frozen=True, slots=True)
class ResultNames:
    """All names differ: if `label` is already used, the next one is `label_2`."""

    row: str
    columns: Sequence[str]
    """The columns of the file that was sent."""
    answers: Sequence[str]
    error: str
    warning: str


def names_of(
    sheet: Sheet, *, row: str = "row", error: str = "error", warning: str = "warning"
) -> ResultNames:
    taken: set[str] = set()
    columns = [unused(name, taken) for name in sheet.header]
    answers = [unused(each.name, taken) for each in sheet.form.columns]
    return ResultNames(unused(row, taken), columns, answers, unused(error, taken), unused(warning, taken))
