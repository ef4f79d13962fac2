"""Balances: what a user can spend, and what is set aside."""

from dataclasses import dataclass, replace
from functools import reduce
from typing import Self, TypeVar
from uuid import UUID

from augury.domain.errors import DomainError
from augury.domain.identifiers import UserId
from augury.domain.transfer import MOST_CREDITS, Account, BooksDisagree, InvalidAmount, Transfer, TransferKind

B = TypeVar("B", bound="Balance")


@dataclass(eq=False)
class NotEnoughCredits(DomainError):
    """The balance does not cover the price."""

    available: int
    price: int


@dataclass(eq=False)
class NotReversible(DomainError):
    """The amount exceeds the available credits: the rest is spent or held."""

    amount: int
    available: int


@dataclass(eq=False)
class DebtUnsettled(DomainError):
    """The account owes more than it has, so it cannot become part of another account."""

    debt: int
    """The credits that are missing."""


@dataclass(frozen=True, slots=True)
class Balance:
    """The credits that a user has, and those that are held for unfinished predictions.

    Each method returns the balance after the movement and the transfers that explain it: none if nothing
    moved (a free prediction).

    A debt has the first claim on all credits: on those of a payment or a gift at once, on those that come
    back (a release, a refund) before the next prediction. So a user in debt has nothing to spend.
    """

    user_id: UserId
    available: int = 0
    held: int = 0
    pending: int = 0
    """The number of the user's unfinished predictions, including free ones."""
    debt: int = 0
    """The spent credits of returned payments, minus those that were settled since."""

    @property
    def spendable(self) -> int:
        """The available credits that no debt claims."""
        return max(0, self.available - self.debt)

    @property
    def owed(self) -> int:
        """The part of the debt that the available credits do not cover."""
        return max(0, self.debt - self.available)

    def after(self, transfer: Transfer) -> Self:
        """Apply `transfer`. Raises `BooksDisagree` if an account would become negative, and `InvalidAmount`
        if the balance would exceed `MOST_CREDITS`."""
        kind, amount = transfer.kind, transfer.amount
        available, held, debt = self.available, self.held, self.debt
        if transfer.to_user_id == self.user_id:
            available += amount
        elif transfer.user_id == self.user_id:
            available += kind.available_sign * amount
            held += kind.held_sign * amount
            debt += kind.debt_sign * amount
        else:
            raise ValueError("a transfer between other accounts")
        for account, left in ((Account.AVAILABLE, available), (Account.HELD, held), (Account.DEBT, debt)):
            if left < 0:
                raise BooksDisagree(account=account)
        if available + held > max(MOST_CREDITS, self.available + self.held):  # a release never raises the sum
            raise InvalidAmount(amount=amount)
        return type(self)(self.user_id, available, held, self.pending, debt)

    def top_up(self, amount: int, *, reference: UUID) -> tuple[Self, tuple[Transfer, ...]]:
        """Add paid credits. A debt is settled from them first."""
        return self._credit(TransferKind.TOP_UP, amount, reference)

    def grant(self, amount: int, *, reference: UUID) -> tuple[Self, tuple[Transfer, ...]]:
        """Add free credits. A debt is settled from them, too: credits do not record where they came from."""
        return self._credit(TransferKind.GRANT, amount, reference)

    def hold(self, amount: int, *, reference: UUID) -> tuple[Self, tuple[Transfer, ...]]:
        """Hold `amount` for the prediction `reference`, which becomes pending. Settles a debt first.

        Raises `NotEnoughCredits`.
        """
        if amount > self.spendable:
            raise NotEnoughCredits(available=self.spendable, price=amount)
        balance, repayments = self.repay(reference=reference) if self.debt else (self, ())
        balance = replace(balance, pending=self.pending + 1)
        if amount == 0:
            return balance, repayments
        transfer = Transfer(TransferKind.HOLD, self.user_id, amount, reference)
        return balance.after(transfer), (*repayments, transfer)

    def repay(self, *, reference: UUID) -> tuple[Self, tuple[Transfer, ...]]:
        """Settle the debt, or as much of it as is available. `reference` is the payment or gift
        that brought credits, the prediction that needs them, or a new one for the link or the closing."""
        return _moved(self, reference, (TransferKind.REPAYMENT, min(self.debt, self.available)))

    def refund(self, amount: int, *, reference: UUID) -> tuple[Self, Transfer]:
        """Return captured credits. `Prediction.refundable` checks that they do not exceed the charge."""
        return self._move(TransferKind.REFUND, amount, reference)

    def reverse(self, amount: int, *, reference: UUID) -> tuple[Self, Transfer]:
        """Take back a payment that is to be returned. Raises `NotEnoughCredits` if it is spent."""
        if amount > self.spendable:
            raise NotEnoughCredits(available=self.spendable, price=amount)
        return self._move(TransferKind.REVERSAL, amount, reference)

    def charge_back(
        self, amount: int, *, reference: UUID, reversal: Transfer | None = None
    ) -> tuple[Self, tuple[Transfer, ...]]:
        """Take back a payment that was returned already: its available credits are reversed, and the rest
        becomes a debt. If `reversal` took back some of them before, all of the rest becomes a debt, because a
        payment is reversed only once.
        """
        left = amount - (reversal.amount if reversal else 0)
        reversed_now = 0 if reversal else min(left, self.available)
        return _moved(
            self, reference, (TransferKind.REVERSAL, reversed_now), (TransferKind.DEBT, left - reversed_now)
        )

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

    def clear(self, *, reference: UUID) -> tuple[Transfer, ...]:
        """The transfers that close the account: credits that are left are taken back, and a debt is written
        off."""
        balance, repayments = self.repay(reference=reference)
        _, rest = _moved(
            balance,
            reference,
            (TransferKind.REVERSAL, balance.available),
            (TransferKind.WRITE_OFF, balance.debt),
        )
        return (*repayments, *rest)

    def merge_into(self, other: Self) -> tuple[Self, Self, tuple[Transfer, ...]]:
        """Move all available credits to `other`. This account's id is the transfer's reference."""
        if self.available == 0:
            return self, other, ()
        transfer = Transfer(TransferKind.MERGE, self.user_id, self.available, self.user_id, other.user_id)
        return self.after(transfer), other.after(transfer), (transfer,)

    def split_off(
        self, other: Self, amount: int, *, reference: UUID
    ) -> tuple[Self, Self, tuple[Transfer, ...]]:
        """Give `amount` to `other`, or as much of it as can be spent: a chat leaves this account."""
        amount = min(amount, self.spendable)
        if amount == 0:
            return self, other, ()
        transfer = Transfer(TransferKind.SPLIT, self.user_id, amount, reference, other.user_id)
        return self.after(transfer), other.after(transfer), (transfer,)

    def _move(self, kind: TransferKind, amount: int, reference: UUID) -> tuple[Self, Transfer]:
        transfer = Transfer(kind, self.user_id, amount, reference)
        return self.after(transfer), transfer

    def _credit(self, kind: TransferKind, amount: int, reference: UUID) -> tuple[Self, tuple[Transfer, ...]]:
        balance, transfer = self._move(kind, amount, reference)
        balance, repayments = balance.repay(reference=reference)
        return balance, (transfer, *repayments)


def _moved(balance: B, reference: UUID, *parts: tuple[TransferKind, int]) -> tuple[B, tuple[Transfer, ...]]:
    """Move each amount that is not 0."""
    transfers = tuple(Transfer(kind, balance.user_id, amount, reference) for kind, amount in parts if amount)
    return reduce(type(balance).after, transfers, balance), transfers
