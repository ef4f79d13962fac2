"""A slice with its answers, as it goes into the results of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from augury.domain.row_errors import RowError
from augury.inbound.tables.results.words import ResultWords
from augury.inbound.tables.results.writer import RawPart
from augury.slices.arrow import Answers, Table, decoded


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a slice. Without `answers`, it ended unpredicted, and `remark` says why."""

    first_row: int
    table: Table
    answers: Answers | None
    remark: str

    @classmethod
    def of(cls, raw: RawPart) -> "Part":
        answers = None if raw.answers is None else Answers.decoded(raw.answers)
        return cls(raw.first_row, decoded(raw.rows), answers, raw.remark)

    def __len__(self) -> int:
        size: int = self.table.num_rows
        return size

    def column(self, name: str) -> Sequence[Any]:
        """A column of the answers; None for rows, or models, without it."""
        if self.answers is None or name not in self.answers.table.column_names:
            return [None] * len(self)
        values: list[Any] = self.answers.table.column(name).to_pylist()
        return values

    def errors(self) -> dict[int, RowError]:
        return {} if self.answers is None else {each.row: each for each in self.answers.errors()}

    def remarks(self, words: ResultWords) -> tuple[Sequence[str | None], Sequence[str | None]]:
        """The error and the warnings of each row in words."""
        errors: list[str | None] = [None if self.answers else self.remark] * len(self)
        for row, error in self.errors().items():
            errors[row] = _about(error.field, words.error(error))
        warnings: list[str | None] = [None] * len(self)
        for each in self.answers.warnings if self.answers else ():
            row = len(self) - 1 if each.row is None else each.row
            said = _about(each.field, words.warning(each))
            warnings[row] = said if warnings[row] is None else f"{warnings[row]}; {said}"
        return errors, warnings


def _about(field: str | None, message: str) -> str:
    return message if field is None else f"{field}: {message}"
