"""Credits: what a user can spend, and the transfers that explain every change of it.

Credits are integers. Money only ever moves between two accounts, so that at every moment
funding + promotion = Σ (available + held) + revenue.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from augury.domain.errors import DomainError
from augury.domain.identifiers import UserId

MOST_CREDITS = 10**15
"""The limit of one transfer, and of one balance (`available + held`). It is far below the 64-bit limit."""


@dataclass(eq=False)
class NotEnoughCredits(DomainError):
    """The balance does not cover the price."""

    available: int
    price: int


@dataclass(eq=False)
class InvalidAmount(DomainError):
    """An amount of credits must be a positive whole number within the limit."""

    amount: int
    most: int = MOST_CREDITS


@dataclass(eq=False)
class PaymentTaken(DomainError):
    """This payment was already credited to another user, or with another amount."""


@dataclass(eq=False)
class TopUpNotFound(DomainError):
    """This user has no such top-up."""


@dataclass(eq=False)
class AlreadyReversed(DomainError):
    """This top-up was already reversed, in whole or in part."""


@dataclass(eq=False)
class NotReversible(DomainError):
    """The amount exceeds the available credits: the rest is spent or held."""

    amount: int
    available: int


@dataclass(eq=False)
class BooksDisagree(DomainError):
    """A transfer would overdraw an account. This is a broken invariant, never the user's fault."""

    account: str


@dataclass(eq=False)
class CheckUnderWay(DomainError):
    """Another check of the books is running. Only one runs at a time."""


class Account(StrEnum):
    """The sides of a transfer. `AVAILABLE` and `HELD` belong to a user, the others to the house."""

    FUNDING = "funding"
    PROMOTION = "promotion"
    REVENUE = "revenue"
    AVAILABLE = "available"
    HELD = "held"


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
}


BETWEEN_USERS = {TransferKind.MERGE, TransferKind.SPLIT}
"""These move credits from `user_id` to `to_user_id`."""


def _sign(kind: TransferKind, account: Account) -> int:
    if kind in BETWEEN_USERS:
        return -1 if account is Account.AVAILABLE else 0
    source, target = _SIDES[kind]
    return (target is account) - (source is account)


_SIGNS = {kind: (_sign(kind, Account.AVAILABLE), _sign(kind, Account.HELD)) for kind in TransferKind}


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


@dataclass(frozen=True, slots=True)
class Balance:
    """The credits that a user can spend, and those that are held for unfinished predictions.

    Each method returns the balance after the movement and the transfers that explain it: none if nothing
    moved (a free prediction), one otherwise.
    """

    user_id: UserId
    available: int = 0
    held: int = 0
    pending: int = 0
    """The number of the user's unfinished predictions, including free ones."""

    def after(self, transfer: Transfer) -> Self:
        """Apply `transfer`. Raises `BooksDisagree` if a side would become negative, and `InvalidAmount`."""
        kind, amount = transfer.kind, transfer.amount
        if transfer.to_user_id == self.user_id:
            available, held = self.available + amount, self.held
        elif transfer.user_id == self.user_id:
            available = self.available + kind.available_sign * amount
            held = self.held + kind.held_sign * amount
        else:
            raise ValueError("a transfer between other accounts")
        if available < 0:
            raise BooksDisagree(account=Account.AVAILABLE)
        if held < 0:
            raise BooksDisagree(account=Account.HELD)
        if available + held > max(MOST_CREDITS, self.available + self.held):  # a release never raises the sum
            raise InvalidAmount(amount=amount)
        return type(self)(self.user_id, available, held, self.pending)

    def top_up(self, amount: int, *, reference: UUID) -> tuple[Self, Transfer]:
        return self._move(TransferKind.TOP_UP, amount, reference)

    def grant(self, amount: int, *, reference: UUID) -> tuple[Self, Transfer]:
        return self._move(TransferKind.GRANT, amount, reference)

    def hold(self, amount: int, *, reference: UUID) -> tuple[Self, tuple[Transfer, ...]]:
        """Hold `amount` for the prediction `reference`, which becomes pending. Raises `NotEnoughCredits`."""
        if amount > self.available:
            raise NotEnoughCredits(available=self.available, price=amount)
        balance = type(self)(self.user_id, self.available, self.held, self.pending + 1)
        if amount == 0:
            return balance, ()
        transfer = Transfer(TransferKind.HOLD, self.user_id, amount, reference)
        return balance.after(transfer), (transfer,)

    def refund(self, amount: int, *, reference: UUID) -> tuple[Self, Transfer]:
        """Return captured credits. `Prediction.refundable` checks that they do not exceed the charge."""
        return self._move(TransferKind.REFUND, amount, reference)

    def reverse(self, amount: int, *, reference: UUID) -> tuple[Self, Transfer]:
        """Take back a payment that was returned. Raises `NotEnoughCredits` if it exceeds `available`."""
        if amount > self.available:
            raise NotEnoughCredits(available=self.available, price=amount)
        return self._move(TransferKind.REVERSAL, amount, reference)

    def take_back(self, top_up: Transfer, amount: int | None = None) -> tuple[Self, Transfer]:
        """Reverse a mistaken top-up, or `amount` of it. Raises `NotReversible` if it exceeds `available`.

        The top-up may belong to an account that was merged into this one.
        """
        amount = top_up.amount if amount is None else amount
        if not 0 < amount <= top_up.amount:
            raise InvalidAmount(amount=amount, most=top_up.amount)
        if amount > self.available:
            raise NotReversible(amount=amount, available=self.available)
        return self._move(TransferKind.REVERSAL, amount, top_up.reference)

    def merge_into(self, other: Self) -> tuple[Self, Self, tuple[Transfer, ...]]:
        """Move all available credits to `other`. This account's id is the transfer's reference."""
        if self.available == 0:
            return self, other, ()
        transfer = Transfer(TransferKind.MERGE, self.user_id, self.available, self.user_id, other.user_id)
        return self.after(transfer), other.after(transfer), (transfer,)

    def split_off(
        self, other: Self, amount: int, *, reference: UUID
    ) -> tuple[Self, Self, tuple[Transfer, ...]]:
        """Give `amount` to `other`, or as much of it as is available: a chat leaves this account."""
        amount = min(amount, self.available)
        if amount == 0:
            return self, other, ()
        transfer = Transfer(TransferKind.SPLIT, self.user_id, amount, reference, other.user_id)
        return self.after(transfer), other.after(transfer), (transfer,)

    def _move(self, kind: TransferKind, amount: int, reference: UUID) -> tuple[Self, Transfer]:
        transfer = Transfer(kind, self.user_id, amount, reference)
        return self.after(transfer), transfer


def settlement(user_id: UserId, *, price: int, charged: int, reference: UUID) -> tuple[Transfer, ...]:
    """The transfers that end a hold of `price` credits: `charged` is captured, the rest released."""
    parts = ((TransferKind.CAPTURE, charged), (TransferKind.RELEASE, price - charged))
    return tuple(Transfer(kind, user_id, amount, reference) for kind, amount in parts if amount)
