"""Entries of the audit log about credits."""

from uuid import UUID

from augury.domain.audit import Act, Action, Author, act_of
from augury.domain.balance import Balance


def moved_credits(
    action: Action,
    before: Balance,
    after: Balance,
    reference: UUID,
    author: Author | None,
    *,
    subject: str | None = None,
) -> Act | None:
    """The entry for credits that an operator moved with the transfer of this reference. It leaves out the
    name of a payment, which may be a person's name. The subject is the user by default. None without an
    author."""
    return act_of(
        author,
        action,
        subject or f"user:{after.user_id}",
        user_id=after.user_id,
        before={"available": before.available, "debt": before.debt},
        after={"available": after.available, "debt": after.debt, "reference": str(reference)},
    )
