"""The names of the columns of a batch's results."""

from collections.abc import Sequence
from dataclasses import dataclass

from augury.slices.arrow import LABEL, VALUE, probability_name
from augury.slices.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Names:
    """All names differ: if `label` is already used, the next one is `label_2`."""

    row: str
    columns: Sequence[str]
    """The columns of the file that was sent."""
    answers: Sequence[str]
    error: str
    warning: str


def names_of(sheet: Sheet) -> Names:
    taken: set[str] = set()

    def free(name: str) -> str:
        number, found = 1, name
        while found in taken:
            number += 1
            found = f"{name}_{number}"
        taken.add(found)
        return found

    columns = [free(name) for name in sheet.header]
    answers = [LABEL, *(f"p_{name}" for name in sheet.classes)] if sheet.has_labels else [VALUE]
    return Names(free("row"), columns, [free(each) for each in answers], free("error"), free("warning"))


def answer_columns(sheet: Sheet) -> Sequence[str]:
    """The names of the same columns in the answers to a slice."""
    if not sheet.has_labels:
        return [VALUE]
    return [LABEL, *map(probability_name, range(len(sheet.classes)))]
