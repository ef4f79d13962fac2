"""Why a file is no table that can be predicted: one error for each reason, with what its reader must know.

Each edge has its own words for them; a test walks all subclasses.
"""

from dataclasses import dataclass


@dataclass(eq=False)
class Unreadable(Exception):
    """The file cannot be read as a table for this model. Nothing of it was predicted."""


@dataclass(eq=False)
class NotText(Unreadable):
    """The bytes are no text in any encoding that is read here."""


@dataclass(eq=False)
class BrokenUtf8(Unreadable):
    """The file is UTF-8 but for a few bytes: read in another encoding, all of it would be gibberish."""

    line: int
    """Where the first of these bytes stands, from 1."""


@dataclass(eq=False)
class NoHeader(Unreadable):
    """The file has no line that could name the columns."""


@dataclass(eq=False)
class MissingColumns(Unreadable):
    columns: str
    """The features that no column is named for."""


@dataclass(eq=False)
class DuplicateColumns(Unreadable):
    """Two columns have the name of one feature: nobody knows which is meant."""

    columns: str


@dataclass(eq=False)
class NoRows(Unreadable):
    """There is a header and nothing below it."""


@dataclass(eq=False)
class RaggedRow(Unreadable):
    """A row has more values than there are columns."""

    row: int
    """From 1, blank lines not counted."""


@dataclass(eq=False)
class LongValue(Unreadable):
    """A value is longer than any can be: most often a quotation mark before it is not closed."""

    line: int
    most: int
    """Characters."""


@dataclass(eq=False)
class UnclosedQuote(Unreadable):
    """A quotation mark is not closed before the end of the file: all rows after it would be one value."""

    line: int


@dataclass(eq=False)
class UnclearNumber(Unreadable):
    """A number can be read in two ways, and nothing in its column decides."""

    row: int
    """From 1, blank lines not counted."""
    column: str
    text: str
    one: str
    other: str
