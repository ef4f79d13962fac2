"""Transfers: every change of a balance is a transfer, which names both of its accounts.

Credits are integers. Money only ever moves between two accounts, so that at every moment
funding + promotion = Σ (available + held - debt) + revenue.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from augury.domain.errors import DomainError
from augury.domain.identifiers import UserId

MOST_CREDITS = 10**15
"""The limit of one transfer, and of one balance (`available + held`). It is far below the 64-bit limit."""


@dataclass(eq=False)
class InvalidAmount(DomainError):
    """An amount of credits must be a positive whole number within the limit."""

    amount: int
    most: int = MOST_CREDITS


@dataclass(eq=False)
class BooksDisagree(DomainError):
    """A transfer would overdraw an account. This is a broken invariant, never the user's fault."""

    account: str


class Account(StrEnum):
    """The sides of a transfer. `AVAILABLE`, `HELD` and `DEBT` belong to a user, the others to the house."""

    FUNDING = "funding"
    PROMOTION = "promotion"
    REVENUE = "revenue"
    AVAILABLE = "available"
    HELD = "held"
    DEBT = "debt"
    """The user owes the credits that came out of it, until as many have gone back into it."""


class TransferKind(StrEnum):
    """Why credits move. The kind determines both accounts. A transfer's `reference` names its cause."""

    TOP_UP = "top_up"
    GRANT = "grant"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    REFUND = "refund"
    REVERSAL = "reversal"
    MERGE = "merge"
    SPLIT = "split"
    DEBT = "debt"
    REPAYMENT = "repayment"
    WRITE_OFF = "write_off"

    @property
    def source(self) -> Account:
        return _SIDES[self][0]

    @property
    def target(self) -> Account:
        return _SIDES[self][1]

    @property
    def available_sign(self) -> int:
        """The change of the named user's `available` per credit: -1, 0 or +1."""
        return _SIGNS[self][0]

    @property
    def held_sign(self) -> int:
        """The change of the named user's `held` per credit: -1, 0 or +1."""
        return _SIGNS[self][1]

    @property
    def debt_sign(self) -> int:
        """The change of what the named user owes, per credit: -1, 0 or +1."""
        return _SIGNS[self][2]


_SIDES = {
    TransferKind.TOP_UP: (Account.FUNDING, Account.AVAILABLE),
    TransferKind.GRANT: (Account.PROMOTION, Account.AVAILABLE),
    TransferKind.HOLD: (Account.AVAILABLE, Account.HELD),
    TransferKind.CAPTURE: (Account.HELD, Account.REVENUE),
    TransferKind.RELEASE: (Account.HELD, Account.AVAILABLE),
    TransferKind.REFUND: (Account.REVENUE, Account.AVAILABLE),
    TransferKind.REVERSAL: (Account.AVAILABLE, Account.FUNDING),
    TransferKind.MERGE: (Account.AVAILABLE, Account.AVAILABLE),
    TransferKind.SPLIT: (Account.AVAILABLE, Account.AVAILABLE),
    TransferKind.DEBT: (Account.DEBT, Account.FUNDING),
    TransferKind.REPAYMENT: (Account.AVAILABLE, Account.DEBT),
    TransferKind.WRITE_OFF: (Account.REVENUE, Account.DEBT),
}

BETWEEN_USERS = {TransferKind.MERGE, TransferKind.SPLIT}
"""These move credits from `user_id` to `to_user_id`."""


def _sign(kind: TransferKind, account: Account) -> int:
    if kind in BETWEEN_USERS:
        return -1 if account is Account.AVAILABLE else 0
    source, target = _SIDES[kind]
    return (target is account) - (source is account)


_SIGNS = {
    kind: (_sign(kind, Account.AVAILABLE), _sign(kind, Account.HELD), -_sign(kind, Account.DEBT))
    for kind in TransferKind
}


@dataclass(frozen=True, slots=True)
class Transfer:
    """One immutable movement of `amount` credits; `(reference, kind)` can happen only once."""

    kind: TransferKind
    user_id: UserId
    amount: int
    reference: UUID
    to_user_id: UserId | None = None
    """The user who receives the credits of a `merge` or a `split`. None for every other kind."""

    def __post_init__(self) -> None:
        if not 0 < self.amount <= MOST_CREDITS:
            raise InvalidAmount(amount=self.amount)
        if (self.to_user_id is not None) != (self.kind in BETWEEN_USERS):
            raise ValueError(f"a {self.kind} to {self.to_user_id}")
        if self.to_user_id == self.user_id:
            raise ValueError("a transfer into the same account would double it")


def settlement(user_id: UserId, *, price: int, charged: int, reference: UUID) -> tuple[Transfer, ...]:
    """The transfers that end a hold of `price` credits: `charged` is captured, the rest released."""
    parts = ((TransferKind.CAPTURE, charged), (TransferKind.RELEASE, price - charged))
    return tuple(Transfer(kind, user_id, amount, reference) for kind, amount in parts if amount)
