"""Columns that a set-based statement takes as arrays."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def unless_empty(column: Sequence[T | None]) -> Sequence[T | None] | None:
    """None if nothing is set in the column, which `unnest` fills with nulls all the same. asyncpg looks at
    each value of an array in Python, which takes longer than PostgreSQL needs for it."""
    return None if all(each is None for each in column) else column
