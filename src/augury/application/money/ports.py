"""Ports: balances, the ledger, promo codes."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from augury.domain.balance import Balance, Transfer
from augury.domain.identifiers import UserId
from augury.domain.promo_code import PromoCode


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a user's statement: a transfer and when it happened."""

    transfer: Transfer
    created_at: datetime
    sequence: int
    """Where it stands among all transfers; later ones have higher numbers."""


class Balances(Protocol):
    """Reads of balances and of the statement."""

    @abstractmethod
    async def of(self, user_id: UserId) -> Balance:
        """The balance; nothing, where the user has none."""

    @abstractmethod
    async def statement(
        self, user_id: UserId, *, limit: int, before: int | None = None
    ) -> Sequence[Statement]:
        """Newest first, those with a smaller sequence than `before`."""


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What a check of all the books found: nothing where they balance."""

    users: int
    transfers: int
    predictions: int
    found: int
    """How many deviations there are."""
    deviations: Sequence[str]
    """One line for each; where one kind has very many, a line says how many more."""


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What is remembered of the last check of all the books."""

    at: datetime
    deviations: int


class Ledger(Protocol):
    @abstractmethod
    async def verify(self, on_step: Callable[[int, int], None] | None = None) -> LedgerReport:
        """Recompute everything from the rows alone, in one consistent snapshot, and remember the result.

        `on_step` is told how many of how many checks are done. Raises `CheckUnderWay` where another process
        is at it: a check reads everything.
        """

    @abstractmethod
    async def last_check(self) -> LedgerCheck | None:
        """The newest check that ended, whoever ran it."""


class PromoCodes(Protocol):
    """The promo codes there are; they are redeemed over the books."""

    @abstractmethod
    async def add(self, promo_code: PromoCode) -> None:
        """Raises `PromoCodeTaken`."""

    @abstractmethod
    async def get(self, code: str) -> PromoCode:
        """Raises `PromoCodeNotFound`."""

    @abstractmethod
    async def change(self, promo_code: PromoCode) -> None:
        """Store since when it is disabled. Raises `PromoCodeNotFound`."""

    @abstractmethod
    async def page(self, *, limit: int, after: str | None = None) -> Sequence[PromoCode]:
        """By code, those whose code comes after `after`."""
