"""The dialect of a file, found from its first lines and the names of the model's features."""

import csv
import io
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import chain

from augury.domain.input_schema import InputSchema
from augury.inbound.tables.columns import matched
from augury.inbound.tables.encoding import Source
from augury.inbound.tables.unreadable import LongValue, UnclosedQuote

DELIMITERS = ",;\t|"
_SEP = re.compile(r'"?sep=([^\w\s"]|\t)"?', re.IGNORECASE)
_BEFORE_QUOTE = re.compile(r' +"')
END = "\ufdd0"
"""Appended as a separate last line, to find out whether a quotation mark is still open. This character is a
noncharacter of Unicode, which no text contains."""


@dataclass(frozen=True, slots=True)
class Dialect:
    encoding: str
    delimiter: str
    is_sure: bool = True
    """Whether the delimiter occurs in the file: a table of one column may have none."""
    skips: int = 0
    """Lines before the header."""
    has_blanks_before_quotes: bool = False
    """As in `1, "two, three"`."""


_Read = Callable[[Source, Dialect], Iterator[list[str]]]


def records(source: Source, dialect: Dialect) -> Generator[list[str]]:
    """The header and the rows, without blank ones. Raises `LongValue`, `UnclosedQuote`."""
    with closing(_lines(source, dialect.encoding)) as lines:
        for _ in range(dialect.skips):
            next(lines)
        yield from _records(lines, dialect)


def dialect_of(source: Source, encoding: str, schema: InputSchema, *, is_whole: bool = True) -> Dialect:
    """The dialect whose delimiter finds the most features of the model, and then the most columns.

    `is_whole` is False if the source is only the beginning of a file, which may end within a quoted value.
    """
    read = records if is_whole else _records_begun
    skips, delimiter = _preamble(source, encoding)
    if delimiter is not None:
        return _spaced(source, Dialect(encoding, delimiter, skips=skips), read)
    candidates = [Dialect(encoding, each, skips=skips) for each in DELIMITERS]
    headers = {each: _header(source, each) for each in candidates}
    best = max(candidates, key=lambda each: (len(matched(headers[each], schema)), len(_named(headers[each]))))
    if len(_named(headers[best])) > 1:
        return _spaced(source, best, read)
    alone = (each for each in candidates if all(len(_named(line)) < 2 for line in read(source, each)))
    return Dialect(encoding, next(alone, best).delimiter, is_sure=len(headers[best]) > 1, skips=skips)


def _preamble(source: Source, encoding: str) -> tuple[int, str | None]:
    """The number of lines up to a `sep=` line (which Excel obeys), and the delimiter that it names."""
    with closing(_lines(source, encoding)) as lines:
        for index, line in enumerate(lines, 1):
            if sep := _SEP.fullmatch(line.strip("\r\n")):
                return index, sep[1]
            if line.strip(DELIMITERS + " \r\n"):
                break
    return 0, None


def _header(source: Source, dialect: Dialect) -> Sequence[str]:
    with closing(records(source, dialect)) as found:
        try:
            return next(found, ())
        except (LongValue, UnclosedQuote):  # another delimiter may read it
            return ()


def _records_begun(source: Source, dialect: Dialect) -> Generator[list[str]]:
    """The records of a file's beginning, up to one that is cut off."""
    with suppress(UnclosedQuote):
        yield from records(source, dialect)


def _spaced(source: Source, dialect: Dialect, read: _Read) -> Dialect:
    """The dialect, and whether it has blanks between a delimiter and a quotation mark, which are not part of
    the quoted value."""
    sign = f'{dialect.delimiter} "'
    with closing(_lines(source, dialect.encoding)) as lines:
        is_spaced = any(sign in line for line in lines)
    if is_spaced:  # unless it stands inside a value
        is_spaced = any(_BEFORE_QUOTE.match(cell) for cells in read(source, dialect) for cell in cells)
    return Dialect(dialect.encoding, dialect.delimiter, dialect.is_sure, dialect.skips, is_spaced)


def _lines(source: Source, encoding: str) -> Generator[str]:
    with source() as file, io.TextIOWrapper(file, encoding, newline="") as lines:
        yield from lines


def _records(lines: Iterator[str], dialect: Dialect) -> Iterator[list[str]]:
    reader = csv.reader(
        chain(lines, [END]), delimiter=dialect.delimiter, skipinitialspace=dialect.has_blanks_before_quotes
    )
    ended = 0
    try:
        for cells in reader:
            if cells and cells[-1].endswith(END):
                break
            if any(cell.strip() for cell in cells):
                yield cells
            ended = reader.line_num
    except csv.Error as error:  # a reader that is not strict raises it only for a long value
        raise LongValue(dialect.skips + reader.line_num, csv.field_size_limit()) from error
    if cells != [END]:
        raise UnclosedQuote(dialect.skips + ended + 1)


def _named(cells: Sequence[str]) -> Sequence[str]:
    """The cells without the blank ones at the end, which come from delimiters at the end of a row."""
    count = len(cells)
    while count and not cells[count - 1].strip():
        count -= 1
    return cells[:count]
