"""Ports: balances, the ledger, promo codes."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from augury.application.ports.books import Books
from augury.domain.audit import Act
from augury.domain.balance import Balance
from augury.domain.deviation import Deviation
from augury.domain.identifiers import UserId
from augury.domain.promo_code import PromoCode
from augury.domain.transfer import Transfer


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a user's statement: a transfer and when it happened."""

    transfer: Transfer
    created_at: datetime
    sequence: int
    """The transfer's position among all transfers; later ones have higher numbers."""


class Balances(Protocol):
    """Reads of balances and of the statement."""

    @abstractmethod
    async def of(self, user_id: UserId) -> Balance:
        """The balance. It is empty if the user has none."""

    @abstractmethod
    async def statement(
        self, user_id: UserId, *, limit: int, before: int | None = None
    ) -> Sequence[Statement]:
        """The transfers with a smaller sequence than `before`, newest first."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A balance after credits were moved; `replayed` if an earlier request had moved them."""

    balance: Balance
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """The result of a check of all the books. If they balance, there are no deviations."""

    users: int
    transfers: int
    predictions: int
    found: int
    """The number of deviations."""
    deviations: Sequence[Deviation]
    """If there are very many of one kind, the last one has the number of the rest."""


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """The stored result of the last check of all the books."""

    at: datetime
    deviations: int


class Ledger(Protocol):
    @abstractmethod
    async def verify(self, on_step: Callable[[int, int], None] | None = None) -> LedgerReport:
        """Recompute everything from the rows alone, in one consistent snapshot, and store the result.

        `on_step` is called with the number of checks done and their total. Raises `CheckUnderWay` if another
        process is running a check, since each reads everything.
        """

    @abstractmethod
    async def last_check(self) -> LedgerCheck | None:
        """The newest finished check of any process."""


class PromoCodes(Protocol):
    """The promo codes. They are redeemed in a transaction: see `PromoBooks`. An `act` is recorded in the
    audit log, in the same transaction."""

    @abstractmethod
    async def add(self, promo_code: PromoCode, *, act: Act | None = None) -> None:
        """Raises `PromoCodeTaken`."""

    @abstractmethod
    async def get(self, code: str) -> PromoCode:
        """Raises `PromoCodeNotFound`."""

    @abstractmethod
    async def change(self, promo_code: PromoCode, *, act: Act | None = None) -> None:
        """Store the time since which it is disabled. Raises `PromoCodeNotFound`."""

    @abstractmethod
    async def page(self, *, limit: int, after: str | None = None) -> Sequence[PromoCode]:
        """The promo codes that come after `after`, ordered by code."""


class PromoBooks(Books, Protocol):
    """The books, and the promo codes that are redeemed in the same transaction."""

    @abstractmethod
    async def promo_code(self, code: str, *, user_id: UserId) -> tuple[PromoCode, bool]:
        """Lock a promo code, and tell whether this user has redeemed it. Call it before `open`.

        Raises `PromoCodeNotFound`.
        """

    @abstractmethod
    async def redeem(self, promo_code: PromoCode, grant: Transfer) -> None:
        """Store one more use of a promo code that was locked in this transaction. The `grant` names the user
        and the reference; it is recorded separately."""


class OpenPromoBooks(Protocol):
    @abstractmethod
    def __call__(self) -> PromoBooks: ...
