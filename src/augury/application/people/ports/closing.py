"""Ports: the books of closing an account."""

from abc import abstractmethod
from typing import Protocol

from augury.application.ports.books import Books
from augury.domain.identifiers import UserId
from augury.domain.user import User


class ClosingBooks(Books, Protocol):
    """The books, and the account that is closed in the same transaction."""

    @abstractmethod
    async def has_open_batch(self, user_id: UserId) -> bool:
        """Whether the user has a batch with a slice that has not ended."""

    @abstractmethod
    async def close(self, user: User) -> None:
        """Store a closed account. Delete its personal data, sessions, API keys and idempotency keys, the
        inputs and outputs of its predictions, and undelivered notices to its chats.

        Delete the balance, too, which must be empty: a transaction that waits for its lock finds none."""


class OpenClosingBooks(Protocol):
    @abstractmethod
    def __call__(self) -> ClosingBooks: ...
