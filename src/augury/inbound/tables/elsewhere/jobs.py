"""The objects that are made at a workplace. These functions load Arrow; this module does not.

Their annotations, and those of what they return, are the types of a child process's messages.
"""

from collections.abc import Mapping, Sequence
from io import BufferedReader

from augury.domain.batch import FULL
from augury.domain.lane import SliceLimit
from augury.domain.model_facts import ModelFacts
from augury.domain.row_errors import RowDoubt, RowError, RowFault
from augury.inbound.tables.elsewhere.workplace import Ask, Factory
from augury.inbound.tables.format import Format
from augury.inbound.tables.results.words import ResultWords
from augury.inbound.tables.results.writer import Writer
from augury.inbound.tables.uploads.upload import Upload, WholeFile
from augury.slices.sheet import Sheet


def upload_of(
    format: Format, facts: ModelFacts, most_rows: int, text_has_price: bool, each: SliceLimit = FULL
) -> Upload:
    """The reader of a file that arrives in pieces. `each` is the largest slice to cut."""
    from augury.inbound.tables.uploads.csv_upload import CsvUpload
    from augury.inbound.tables.uploads.ndjson_upload import NdjsonUpload

    made = CsvUpload if format is Format.CSV else NdjsonUpload
    return made(facts, most_rows=most_rows, text_has_price=text_has_price, each=each)


def parquet_file(
    raw: Ask,
    size: int,
    piece: int,
    facts: ModelFacts,
    most_rows: int,
    text_has_price: bool,
    each: SliceLimit = FULL,
) -> WholeFile:
    """The reader of a Parquet file of `size` bytes, of which `raw` reads pieces of `piece` bytes.

    Raises `UnreadableUpload`, `Unreadable`, `BatchTooLong`.
    """
    from augury.inbound.tables.uploads.parquet_upload import ParquetFile
    from augury.inbound.tables.uploads.pieces import Pieces

    whole = BufferedReader(Pieces(raw, size=size, piece=piece), piece)
    return ParquetFile(whole, facts, size=size, most_rows=most_rows, text_has_price=text_has_price, each=each)


def results_of(
    format: Format, sheet: Sheet, faults: Mapping[RowFault, str], doubts: Mapping[RowDoubt, str]
) -> Writer:
    """The writer of results, with the words for errors and warnings. Each of `doubts` may have `{count}`."""
    from augury.inbound.tables.results.csv_results import CsvWriter
    from augury.inbound.tables.results.ndjson_results import NdjsonWriter

    words = ResultWords(
        error=lambda error: faults[error.fault],
        warning=lambda warning: doubts[warning.doubt].format(count=warning.count),
    )
    if format is Format.PARQUET:
        from augury.inbound.tables.results.parquet_results import ParquetWriter

        return ParquetWriter(sheet, words)
    return (CsvWriter if format is Format.CSV else NdjsonWriter)(sheet, words)


class AnswerErrors:
    """Reads the errors of slices from their answers."""

    def of(self, answers: bytes) -> Sequence[RowError]:
        from augury.slices.arrow import Answers

        return Answers.decoded(answers).errors()


def answer_errors() -> AnswerErrors:
    return AnswerErrors()


JOBS: Mapping[str, Factory] = {
    each.__name__: each for each in (upload_of, parquet_file, results_of, answer_errors)
}
"""By name: a child process makes nothing else."""
