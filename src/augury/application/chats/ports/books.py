"""Ports: the books with the chats' records that change in the same transaction."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.payments import StarPayment
from augury.application.ports.books import Books
from augury.domain.identifiers import UserId
from augury.domain.user import User


class ChatBooks(Books, Protocol):
    """The books, and the chats' records that change in the same transaction.

    Locks are taken in this order: a link, a chat, a payment, and then the balances.
    """

    @abstractmethod
    async def use_link(self, digest: bytes, chat_id: int) -> UserId | None:
        """Lock the link and store who uses it. None if it is unknown, expired, or used by another chat."""

    @abstractmethod
    async def chat(self, chat_id: int) -> Chat | None:
        """Lock the chat."""

    @abstractmethod
    async def has_open_batch(self, user_id: UserId) -> bool:
        """Whether the user has a batch with a slice that has not ended."""

    @abstractmethod
    async def hand_over(self, chat_id: int, *, absorbed: UserId, into: UserId, at: datetime) -> None:
        """Move the chat and all predictions and batches of `absorbed` to `into`, and close `absorbed`: its
        sessions, API keys and webhooks end."""

    @abstractmethod
    async def bought_since_link(self, chat_id: int) -> Sequence[StarPayment]:
        """Lock the payments that were made in the chat since it was linked and are not reversed."""

    @abstractmethod
    async def let_go(self, chat_id: int, user: User, payments: Sequence[StarPayment]) -> None:
        """Add the user with an empty balance; the chat and these payments are the user's from now on. The
        user cannot redeem the promo codes that the account has redeemed.

        The links that the chat used are forgotten, so that none links it again. The sessions that the chat
        began end.
        """

    @abstractmethod
    async def add_payment(self, payment: StarPayment) -> None:
        """Raises `AlreadyRecorded` if there is a payment with this charge."""

    @abstractmethod
    async def payment(self, charge_id: str) -> StarPayment | None:
        """Lock the payment."""

    @abstractmethod
    async def change_payment(self, payment: StarPayment) -> None:
        """Store the times at which it was reversed and refunded."""


class OpenChatBooks(Protocol):
    @abstractmethod
    def __call__(self) -> ChatBooks: ...
