"""Ports: the acceptance of new predictions."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from augury.application.ports import Json
from augury.application.ports.books import Opened
from augury.domain.balance import Balance
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId
from augury.domain.prediction import Prediction
from augury.domain.premise import Premise, SpendingPremise
from augury.domain.transfer import Transfer

NO_SPENDING: Mapping[UUID, SpendingPremise] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Accepted:
    """A new prediction, its rows, and the key under which a repeated request finds it."""

    prediction: Prediction
    input: Json
    key: IdempotencyKey | None = None
    notify: bool = False
    """Whether a notice of its end is kept until it is delivered."""
    bulk_cost: int | None = None
    """Its cost in the bulk lane (`SliceLimit.cost`). None for small work."""
    explain: int | None = None
    """How many features of each row are explained, the strongest ones. None: no explanation."""
    spender: UUID | None = None
    """The API key whose spending limits count the price."""
    top: int | None = None
    """The number of classes that each answer lists, the likeliest first. None: up to `Limits.max_classes`."""


class Acceptance(Protocol):
    """New predictions, which are decided on without a lock: read, decide, record. Each call is one statement
    in its own transaction, and may raise `Conflict`."""

    @abstractmethod
    async def read(
        self,
        user_ids: Collection[UserId],
        keys: Collection[tuple[UserId, str]] = (),
        spenders: Collection[UUID] = (),
    ) -> Opened:
        """The balances of these users, the requests remembered under these keys, and the spending of the API
        keys `spenders` (read with a separate statement). Nothing is locked. Users without a balance are
        missing."""

    @abstractmethod
    async def accept(
        self,
        accepted: Sequence[Accepted],
        transfers: Sequence[Transfer],
        premises: Mapping[UserId, Premise],
        spending: Mapping[UUID, SpendingPremise] = NO_SPENDING,
    ) -> Mapping[UserId, Balance]:
        """Record new predictions with the transfers that pay for them, as `Books.record` does, for each user
        whose premise holds. `spending` has the premises of API keys with spending limits. A user's premise
        includes the premises of their keys, and accepted prices are counted for the keys in the same
        transaction.

        Returns the new balances of these users. Nothing was recorded for the other users: their requests must
        be decided again. There is a premise for each user with accepted requests. Raises `Conflict` if an
        idempotency key was remembered meanwhile; then nothing was recorded for anybody.
        """
