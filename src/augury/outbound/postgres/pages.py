"""Parts that the statements of all pages share, and those that take ids."""

from datetime import datetime
from uuid import UUID

LAST = UUID(int=2**128 - 1)
"""The position before the first page. With `$1 IS NULL OR id < $1` instead, a cached plan would read every
row."""


def hidden(limit: str) -> str:
    """A limit whose value the planner does not know.

    The planner then expects to need only a part of the rows, and follows an index. If it knew the limit, and
    expected fewer rows than there are, it would read and sort all of them.
    """
    return f"(SELECT {limit}::bigint)"


FIRST = "'00000000-0000-0000-0000-000000000000'::uuid"
"""The smallest id, as SQL."""


def within(columns: str, values: str, *, before: str, since: str = FIRST) -> str:
    """The condition for a range of the index of `columns`: the first columns have these `values`, and the
    last one is less than `before` and at least `since`. Use it with `newest_first`.

    With a condition like `user_id = $1 AND id < $2 ORDER BY id DESC`, PostgreSQL might follow the primary key
    instead, and skip the rows of other users. It does so where a few users have most of the rows, because it
    expects their rows to be mixed with those of others. The page of a user who has not been here for long
    would then read all later rows. This condition and this order fit no other index.
    """
    return f"({columns}) < ({values}, {before}) AND ({columns}) >= ({values}, {since})"


def newest_first(columns: str) -> str:
    return ", ".join(f"{each.strip()} DESC" for each in columns.split(","))


def given(number: int) -> str:
    """The ids in the parameter of this number, an array whose length the planner does not know.

    If the planner saw that there are few, it would expect a special plan for them to be cheaper, and plan the
    statement anew each time. For most statements, planning takes longer than running.
    """
    return f"(SELECT ${number}::uuid[])::uuid[]"


def first_at(moment: datetime) -> UUID:
    """The smallest id (UUID version 7) that can be made at this moment or later."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
