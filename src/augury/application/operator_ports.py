"""The boundary, the operator's page: promo codes, and messages that could not be handled."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from augury.domain.promo_code import PromoCode

BYTES_SHOWN = 200
"""How much of a dead letter's body is shown."""


class PromoCodes(Protocol):
    """The promo codes there are; they are redeemed over the books."""

    @abstractmethod
    async def add(self, promo_code: PromoCode) -> None:
        """Raises `PromoCodeTaken`."""

    @abstractmethod
    async def page(self, *, limit: int, after: str | None = None) -> Sequence[PromoCode]:
        """By code, those whose code comes after `after`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message of the queue that could not be handled."""

    reason: str
    """Why the broker took it away: `rejected`, `delivery_limit`, …; `unknown` for what was put there."""
    deaths: int
    """How often it has been taken away."""
    died_at: datetime | None
    put_at: datetime | None
    size: int
    """Bytes of the whole body."""
    body: bytes
    """Its first `BYTES_SHOWN` bytes."""


@dataclass(frozen=True, slots=True)
class QueueLengths:
    """How many messages are ready for a worker, and how many could not be handled."""

    ready: int
    dead: int


class DeadLetters(Protocol):
    """What could not be handled: kept until somebody looks at it."""

    @abstractmethod
    async def lengths(self) -> QueueLengths: ...

    @abstractmethod
    async def list(self, *, at_most: int) -> Sequence[DeadLetter]:
        """The oldest of them; they stay where they are."""

    @abstractmethod
    async def replay(self, *, at_most: int) -> int:
        """Put the oldest of them on the queue again, each confirmed there before it is gone here.

        Answers how many. A message may come twice where this is cut off, never not at all. One that dies
        again meanwhile is not taken a second time.
        """
