"""Shared by the statements of all pages."""

from datetime import datetime
from uuid import UUID

LAST = UUID(int=2**128 - 1)
"""The position before the first page: `$1 IS NULL OR id < $1` would make a cached plan look at every row."""


def hidden(limit: str) -> str:
    """A limit whose value the planner does not know.

    It then expects to need only a part of the rows, and follows an index. If it knew the limit, and expected
    fewer rows than there are, it would read and sort all of them.
    """
    return f"(SELECT {limit}::bigint)"


def first_at(moment: datetime) -> UUID:
    """The smallest id (UUID version 7) that can be made at this moment or later."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
