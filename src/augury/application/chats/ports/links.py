"""Ports: one-time links between a chat and an account."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time code that links a chat with an account. `chat_id` is the chat that used it."""

    user_id: UserId
    expires_at: datetime
    chat_id: int | None = None

    def is_usable(self, chat_id: int, *, at: datetime) -> bool:
        """Whether the chat can use it, or has used it."""
        return self.chat_id == chat_id or (self.chat_id is None and self.expires_at > at)


class Links(Protocol):
    @abstractmethod
    async def owner(self, digest: bytes, chat_id: int) -> UserId | None:
        """The account that this link can still link the chat to, or has linked it to. None if there is
        none."""

    @abstractmethod
    async def forget(self, digest: bytes) -> None:
        """Delete a refused link, so that nobody can use it any more."""

    @abstractmethod
    async def issue(self, digest: bytes, user_id: UserId, lifetime: timedelta) -> None:
        """Store a new link, and delete the user's expired ones."""

    @abstractmethod
    async def saw_bot(self, username: str) -> None:
        """Store the name of the bot that serves here."""

    @abstractmethod
    async def bot(self) -> str | None:
        """The name of the bot that served here last."""
