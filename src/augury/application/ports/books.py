"""Ports: the books, as far as several subjects share them."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from augury.domain.api_key import Spending
from augury.domain.audit import Act
from augury.domain.balance import Balance
from augury.domain.idempotency import IdempotencyKey, Remembered
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Prediction
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.user import UserNotFound


class AlreadyRecorded(Exception):
    """The books already have a transfer of this kind and reference. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Balances, which `Books.open` has locked, and the requests remembered under the given keys."""

    balances: Mapping[UserId, Balance]
    remembered: Mapping[tuple[UserId, str], Remembered]
    spending: Mapping[UUID, Spending] | None = None
    """The spending of API keys; deleted keys are missing. None if it was not read."""

    def balance(self, user_id: UserId) -> Balance:
        """Raises `UserNotFound` if the account, and with it the balance, was closed meanwhile."""
        try:
            return self.balances[user_id]
        except KeyError:
            raise UserNotFound from None

    def repeats(self, user_id: UserId, key: IdempotencyKey) -> bool:
        """Whether this request was made before. Raises `IdempotencyConflict` if another one had its key."""
        known = self.remembered.get((user_id, key.key))
        if known:
            known.require(key)
        return known is not None


class Books(Protocol):
    """One transaction over balances, transfers and predictions: lock, decide, record.

    Methods that only one subject needs are in that subject's own books, such as `SweepBooks`.

    Entering begins it, leaving commits it, an exception rolls it back. Predictions are locked first, by id,
    then balances, by user id. Every method, and leaving, may raise `Conflict`.
    """

    @abstractmethod
    async def __aenter__(self) -> Self: ...

    @abstractmethod
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @abstractmethod
    async def open(self, user_ids: Collection[UserId], keys: Collection[tuple[UserId, str]] = ()) -> Opened:
        """Lock the balances of these users. A user without a balance is missing from the answer."""

    @abstractmethod
    async def prediction(self, prediction_id: PredictionId, *, owner: UserId | None = None) -> Prediction:
        """Lock one prediction. Raises `PredictionNotFound`, also if it is not the `owner`'s."""

    @abstractmethod
    async def transfer(self, reference: UUID, kind: TransferKind) -> Transfer | None:
        """The transfer recorded under this reference. Transfers never change, so nothing is locked."""

    @abstractmethod
    async def record(
        self,
        *,
        changed: Sequence[Prediction] = (),
        transfers: Sequence[Transfer] = (),
        keys: Mapping[UserId, tuple[IdempotencyKey, UUID]] | None = None,
    ) -> None:
        """Write everything in one statement. Balances change by the transfers.

        `changed` predictions were locked in this transaction; those that are now final are no longer pending.
        `keys` remembers, by user, requests that made no prediction. Raises `AlreadyRecorded`, and `Conflict`
        if an idempotency key was remembered meanwhile.
        """

    @abstractmethod
    async def note(self, act: Act | None) -> None:
        """Record an operator's act in the audit log. None records nothing."""


class OpenBooks(Protocol):
    """Begins a transaction over the books."""

    @abstractmethod
    def __call__(self) -> Books: ...
