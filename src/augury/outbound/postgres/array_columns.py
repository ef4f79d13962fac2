"""Columns that a set-based statement takes as arrays."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def unless_empty(column: Sequence[T | None]) -> Sequence[T | None] | None:
    """The column, or None if all its values are None: `unnest` then fills it with nulls, too. asyncpg looks
    at each value of an array in Python, which takes longer than PostgreSQL needs for the column."""
    return None if all(each is None for each in column) else column
