"""The conditions of a decision about a balance that is not locked until the decision is recorded."""

from dataclasses import dataclass
from typing import Self

from augury.domain.api_key import Spending, SpendingLimits
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True)
class Premise:
    """The conditions that a balance must meet when a decision on an earlier state of it is recorded.

    Credits that were added meanwhile do not matter. Credits that were taken meanwhile matter only if the rest
    is not enough.
    """

    taken: int
    """The credits that the decision takes: they must be available."""
    debt: int
    """The debt that was known: it must be the same, since it has the first claim on all credits."""
    most_pending: int
    """The most unfinished predictions that the user may have, not counting those of the decision."""

    @classmethod
    def of(cls, before: Balance, after: Balance, *, most_pending: int) -> Self:
        """The premise of a decision that led from the balance `before` to the balance `after`. `most_pending`
        is the limit that it observed."""
        return cls(
            before.available - after.available,
            before.debt,
            most_pending - (after.pending - before.pending),
        )

    def holds_for(self, balance: Balance) -> bool:
        return (
            balance.available >= self.taken
            and balance.debt == self.debt
            and balance.pending <= self.most_pending
        )


@dataclass(frozen=True, slots=True)
class SpendingPremise:
    """The conditions that the spending of an API key must meet when a decision is recorded."""

    user_id: UserId
    """The owner of the key."""
    taken: int
    """The credits that the decision takes with this key."""
    limits: SpendingLimits

    def holds_for(self, spending: Spending) -> bool:
        after, limits = spending.plus(self.taken), self.limits
        fits_day = limits.day is None or after.day <= limits.day
        return fits_day and (limits.month is None or after.month <= limits.month)
