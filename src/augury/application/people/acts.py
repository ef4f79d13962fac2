"""Entries of the audit log about accounts."""

from datetime import datetime

from augury.domain.audit import Act, Action, Author, act_on_user
from augury.domain.user import User


def changed_access(before: User, after: User, author: Author | None) -> Act | None:
    """The entry for blocking or unblocking a user. None without an author."""
    return act_on_user(
        author,
        Action.UNBLOCK if after.blocked_at is None else Action.BLOCK,
        after.id,
        before={"blocked_at": _time(before.blocked_at)},
        after={"blocked_at": _time(after.blocked_at)},
    )


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
