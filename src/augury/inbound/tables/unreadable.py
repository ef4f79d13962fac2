"""The reasons why a file cannot be read: one error for each, with the details that its sender needs.

Each edge has its own words for them. A test checks that none is missing.
"""

from dataclasses import dataclass


@dataclass(eq=False)
class Unreadable(Exception):
    """The file cannot be read as a table for this model. None of its rows was predicted."""


@dataclass(eq=False)
class NotText(Unreadable):
    """The bytes are not text in any supported encoding."""


@dataclass(eq=False)
class BrokenUtf8(Unreadable):
    """The file is UTF-8 except for a few bytes. In another encoding all of it would be gibberish."""

    line: int
    """The line of the first such byte, from 1."""


@dataclass(eq=False)
class NoHeader(Unreadable):
    """The file has no line that names the columns."""


@dataclass(eq=False)
class MissingColumns(Unreadable):
    columns: str
    """The features without a column."""


@dataclass(eq=False)
class MisreadColumns(Unreadable):
    """Columns are missing, and the header has letters of a guessed encoding: perhaps the guess is wrong."""

    columns: str
    """The features without a column."""
    encoding: str
    """The encoding that was guessed."""


@dataclass(eq=False)
class DuplicateColumns(Unreadable):
    """Several columns have the name of one feature: it is unclear which is meant."""

    columns: str


@dataclass(eq=False)
class NoRows(Unreadable):
    """The file has a header and no rows."""


@dataclass(eq=False)
class RaggedRow(Unreadable):
    """A row has more values than there are columns."""

    row: int
    """From 1, blank lines not counted."""


@dataclass(eq=False)
class LongValue(Unreadable):
    """A value is too long: most often a quotation mark before it is not closed."""

    line: int
    most: int
    """Characters."""


@dataclass(eq=False)
class UnclosedQuote(Unreadable):
    """A quotation mark is not closed before the end of the file: all rows after it would be one value."""

    line: int


@dataclass(eq=False)
class UnclearNumber(Unreadable):
    """A number can be read in two ways, and its column does not decide."""

    row: int
    """From 1, blank lines not counted."""
    column: str
    text: str
    one: str
    other: str


@dataclass(eq=False)
class LongRow(Unreadable):
    """A row is too long to be stored."""

    row: int
    """From 1, blank lines not counted."""
    most: int
    """Megabytes."""


@dataclass(eq=False)
class RowsTooLarge(Unreadable):
    """Unpacked, the rows take far more room than the file: a value is repeated, or most cells are empty."""

    most: int
    """Bytes."""
