"""Ports: payments in chats."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class StarPayment:
    """A payment in Telegram Stars. Its `top_up` and its `reversal` have the same `reference`."""

    charge_id: str
    reference: UUID
    chat_id: int
    user_id: UserId
    stars: int
    credits: int
    reversed_at: datetime | None = None
    refunded_at: datetime | None = None


class Payments(Protocol):
    @abstractmethod
    async def refund(self, payment: StarPayment) -> None:
        """Return the stars. A payment that was refunded before is ignored.

        Raises `RefundRefused`, and `Unavailable` if Telegram does not answer.
        """
