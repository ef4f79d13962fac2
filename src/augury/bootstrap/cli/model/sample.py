"""Reads the values of categorical features from the table that a model was trained on."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from augury.application.models.offering import Categories
from augury.application.models.register_model import LearnCategories
from augury.bootstrap.config import OperatorError
from augury.domain.feature import FeatureKind
from augury.domain.input_schema import InputSchema
from augury.inbound.tables.columns import columns_of
from augury.inbound.tables.dialect import dialect_of, records
from augury.inbound.tables.encoding import encoding_of
from augury.inbound.tables.unreadable import (
    BrokenUtf8,
    DuplicateColumns,
    LongValue,
    MisreadColumns,
    MissingColumns,
    NoHeader,
    NotText,
    UnclosedQuote,
    Unreadable,
)

MOST_VALUES = 1_000
"""Per feature. A feature with more values is not a list of choices, but names or numbers."""
_BOOLEANS = {"true": "1", "false": "0"}
_WORDS: Mapping[type[Unreadable], str] = {
    NotText: "it is not text in a known encoding: save it as UTF-8",
    BrokenUtf8: "it is UTF-8, but has invalid bytes, the first in line {line}",
    NoHeader: "it has no header",
    MissingColumns: "it has no column {columns}",
    MisreadColumns: "it has no column {columns} (read as {encoding}: if that is wrong, save it as UTF-8)",
    DuplicateColumns: "it has two columns {columns}",
    LongValue: "a value in line {line} is too long: is a quotation mark not closed?",
    UnclosedQuote: "a quotation mark in line {line} is not closed",
}


def sampled(file: Path, say: Callable[[str], None]) -> LearnCategories:
    """A function that reads the CSV file for a model's categorical features, and raises `OperatorError`.

    It calls `say` for features with too many values.
    """

    def learn(schema: InputSchema) -> Categories:
        wanted = InputSchema(
            tuple(feature for feature in schema.features if feature.kind is FeatureKind.CATEGORICAL)
        )
        try:
            found = _values(file, wanted) if wanted.features else {}
        except Unreadable as error:
            words = _WORDS.get(type(error), "it cannot be read as a table").format(**vars(error))
            raise OperatorError(f"{file}: {words}") from error
        for name in (name for name, values in found.items() if len(values) > MOST_VALUES):
            say(f"{name} has more than {MOST_VALUES} values in {file}: they are not stored")
        return {name: _as_trained(values) for name, values in found.items() if len(values) <= MOST_VALUES}

    return learn


def _values(file: Path, wanted: InputSchema) -> Mapping[str, Sequence[str]]:
    """The values of each feature, the most frequent first: at most one more than `MOST_VALUES`."""

    def source() -> BinaryIO:
        return file.open("rb")

    dialect = dialect_of(source, encoding_of(source), wanted)
    rows = records(source, dialect)
    header = next(rows, None)
    if header is None:
        raise NoHeader
    positions = columns_of(header, wanted, encoding=dialect.encoding).positions
    counts = {name: Counter[str]() for name in positions}
    for cells in rows:
        for name, position in positions.items():
            if position < len(cells) and cells[position].strip() and len(counts[name]) <= MOST_VALUES:
                counts[name][cells[position]] += 1
    return {name: [text for text, _ in each.most_common()] for name, each in counts.items()}


def _as_trained(values: Iterable[str]) -> Sequence[str]:
    """The values as CatBoost stores them: if all are true or false, they are booleans, stored as 1 or 0."""
    texts = list(values)
    if all(text.strip().lower() in _BOOLEANS for text in texts):
        return [_BOOLEANS[text.strip().lower()] for text in texts]
    return texts
