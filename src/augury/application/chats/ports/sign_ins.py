"""Ports: sign-ins of a browser that a chat confirms."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True)
class ChatSignIn:
    """A browser's request to sign in through a chat. `chat_id` is the chat that has confirmed it."""

    client: str
    """The browser as its user knows it, such as `Firefox, Linux`."""
    expires_at: datetime
    chat_id: int | None = None


class ChatSignIns(Protocol):
    """Requests to sign in through a chat. Only the SHA-256 of their codes is stored. Each works once."""

    @abstractmethod
    async def ask(self, digest: bytes, *, client: str, lifetime: timedelta) -> None: ...

    @abstractmethod
    async def asked(self, digest: bytes) -> ChatSignIn | None:
        """The request. None if it is unknown, used, refused or expired."""

    @abstractmethod
    async def confirm(self, digest: bytes, chat_id: int) -> bool:
        """Store which chat confirms the request. Returns False if it is gone, or another chat was faster."""

    @abstractmethod
    async def forget(self, digest: bytes) -> None:
        """Delete a refused request, so that nobody can confirm it any more."""

    @abstractmethod
    async def finish(
        self, digest: bytes, *, refresh: bytes, family: UUID, lifetime: timedelta
    ) -> UserId | None:
        """Use up a confirmed request, and begin a session of the account for which its chat acts now.

        `refresh` is the digest of the session's secret. Returns None, and begins no session, if the request
        is gone or not confirmed, or if the account is closed, blocked or an administrator's.
        """
