"""The words for files that cannot be read."""

from collections.abc import Mapping

from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import UNREADABLE
from augury.inbound.tables import unreadable
from augury.inbound.tables.uploads import unreadable as uploads

WORDS: Mapping[type[Exception], str] = {
    unreadable.NotText: "The file is not text in a known encoding. Save it as UTF-8.",
    unreadable.BrokenUtf8: "The file is UTF-8, but line {line} has invalid bytes.",
    unreadable.NoHeader: "The file has no line that names its columns.",
    unreadable.MissingColumns: "The file lacks these columns: {columns}.",
    unreadable.DuplicateColumns: "These columns occur more than once: {columns}.",
    unreadable.NoRows: "The file has no rows.",
    unreadable.RaggedRow: "Row {row} has more values than there are columns.",
    unreadable.LongValue: "A value at line {line} has more than {most} characters. Perhaps a quotation mark "
    "before it is not closed.",
    unreadable.UnclosedQuote: "A quotation mark at line {line} is not closed.",
    unreadable.UnclearNumber: "Row {row}, column {column}: `{text}` can mean {one} or {other}, and the other "
    "numbers of the column do not tell which.",
    uploads.BrokenLine: "Line {line} is not JSON: {reason}",
    uploads.NotParquet: "The file cannot be read as Parquet: {reason}",
    unreadable.LongRow: "Row {row} has more than {most} MB.",
    unreadable.RowsTooLarge: "Unpacked, the rows take more than {most} bytes, far more than the file. Leave "
    "out columns that are empty or always the same.",
    uploads.TooManyColumns: "The rows have more than {most} different names besides the model's features.",
}
"""The detail of the problem. A test checks that none is missing."""


def refusal(error: unreadable.Unreadable | uploads.UnreadableUpload) -> Refused:
    members = {name: value for name, value in vars(error).items() if not name.startswith("_")}
    return Refused(UNREADABLE, WORDS[type(error)].format(**members), **members)
