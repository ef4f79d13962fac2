"""The reasons why a file in a format that only batches accept cannot be read."""

from dataclasses import dataclass


@dataclass(eq=False)
class UnreadableUpload(Exception):
    """The file cannot be read. None of its rows was predicted."""


@dataclass(eq=False)
class BrokenLine(UnreadableUpload):
    """A line is not JSON."""

    line: int
    reason: str


@dataclass(eq=False)
class NotParquet(UnreadableUpload):
    """The bytes are not a Parquet file that can be read."""

    reason: str


@dataclass(eq=False)
class TooManyColumns(UnreadableUpload):
    """The rows have too many different columns together."""

    most: int
