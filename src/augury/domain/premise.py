"""What a decision about a balance rests on, if the balance is not locked until the decision is recorded."""

from dataclasses import dataclass
from typing import Self

from augury.domain.balance import Balance


@dataclass(frozen=True, slots=True)
class Premise:
    """What must still be true of a balance when a decision on an earlier state of it is recorded.

    Credits that came in meanwhile do not matter. Those that somebody else took matter only where the rest is
    not enough.
    """

    taken: int
    """The credits that the decision takes: they must be available."""
    debt: int
    """The debt that was known: it must be the same, since it has the first claim on all credits."""
    most_pending: int
    """The user's unfinished predictions, of which there may be no more before those of the decision."""

    @classmethod
    def of(cls, before: Balance, after: Balance, *, most_pending: int) -> Self:
        """The premise of a decision that led from the balance `before` to that `after`. `most_pending` is the
        limit that it kept to."""
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
