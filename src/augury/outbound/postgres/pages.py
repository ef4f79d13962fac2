"""Shared by the statements of all pages, and by those that take ids."""

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


def given(number: int) -> str:
    """The ids in the parameter of this number, an array, whose length the planner does not know.

    If it sees that there are few, it expects a plan for just these to be cheaper than one for any, and plans
    the statement anew each time. For most statements, that takes longer than running them.
    """
    return f"(SELECT ${number}::uuid[])::uuid[]"


def first_at(moment: datetime) -> UUID:
    """The smallest id (UUID version 7) that can be made at this moment or later."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
