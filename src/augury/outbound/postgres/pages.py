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


FIRST = "'00000000-0000-0000-0000-000000000000'::uuid"


def within(columns: str, values: str, *, before: str, since: str = FIRST) -> str:
    """The condition for neighbors in the index of `columns`: they have these `values`, and the last column is
    in the range. Use it with `newest_first`.

    A condition like `user_id = $1 AND id < $2 ORDER BY id DESC` could also follow the primary key and skip
    the rows of other users. PostgreSQL does so where a few users have most of the rows, as it expects these
    to be mixed: then a page of somebody who was here earlier reads everything that came later. Neither this
    condition nor this order fits another index.
    """
    return f"({columns}) < ({values}, {before}) AND ({columns}) >= ({values}, {since})"


def newest_first(columns: str) -> str:
    return ", ".join(f"{each.strip()} DESC" for each in columns.split(","))


def given(number: int) -> str:
    """The ids in the parameter of this number, an array, whose length the planner does not know.

    If it sees that there are few, it expects a plan for just these to be cheaper than one for any, and plans
    the statement anew each time. For most statements, that takes longer than running them.
    """
    return f"(SELECT ${number}::uuid[])::uuid[]"


def first_at(moment: datetime) -> UUID:
    """The smallest id (UUID version 7) that can be made at this moment or later."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
