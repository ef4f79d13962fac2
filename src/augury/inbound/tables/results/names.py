"""The names of the columns of a batch's results."""

from collections.abc import Sequence
from dataclasses import dataclass

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

    def free(name: str) -> str:
        number, found = 1, name
        while found in taken:
            number += 1
            found = f"{name}_{number}"
        taken.add(found)
        return found

    columns = [free(name) for name in sheet.header]
    answers = [free(each.name) for each in sheet.form.columns]
    return ResultNames(free(row), columns, answers, free(error), free(warning))
