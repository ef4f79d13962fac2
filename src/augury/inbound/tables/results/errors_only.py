"""The rows without an answer as a file of their own: it can be corrected and sent again."""

import csv
import io

from augury.inbound.tables.results.csv_results import CsvWriter
from augury.inbound.tables.results.writer import RawPart
from augury.inbound.tables.writing import harmless
from augury.slices.arrow import Answers


class ErrorsOnly:
    def __init__(self, results: CsvWriter) -> None:
        self._results = results
        names = results.names
        self._columns = 1 + len(names.columns)
        self._error = self._columns + len(names.answers)
        self._header = [names.row, *names.columns, names.error]

    def begin(self) -> bytes:
        """The header: the number of the row, the columns that were sent, and the error."""
        return self._results.mark + self._results.lines([[harmless(name) for name in self._header]])

    def write(self, results: bytes) -> tuple[bytes, int]:
        """The lines of the rows with an error, and their number. `results` are lines of the whole results."""
        lines = csv.reader(io.StringIO(results.decode(), newline=""), delimiter=self._results.delimiter)
        bad = [[*cells[: self._columns], cells[self._error]] for cells in lines if cells[self._error]]
        return self._results.lines(bad), len(bad)


def warnings_in(raw: RawPart) -> int:
    """The number of warnings about rows of this part."""
    if raw.answers is None:
        return 0
    return sum(each.row is not None for each in Answers.decoded(raw.answers).warnings)
