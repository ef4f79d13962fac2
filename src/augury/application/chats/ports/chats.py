"""Ports: chats and their dialogues."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from augury.application.people.ports.users import NewUser
from augury.application.ports import Json
from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A private chat with the bot, and the account that it acts for. Its id is also the person's."""

    id: int
    user_id: UserId
    language: str
    model: str | None = None
    """The model that the person chose; None is the default model."""
    dialogue: Json | None = None
    """The open dialogue, in the bot's own format."""
    gone: bool = False
    """Whether the person has blocked the bot, or the chat no longer exists."""
    blocked: bool = False
    """Whether the account is blocked: new requests are refused, accepted predictions are still answered."""


class Chats(Protocol):
    @abstractmethod
    async def get(self, chat_id: int) -> Chat | None: ...

    @abstractmethod
    async def add(self, chat: Chat, new: NewUser) -> Chat:
        """Add the chat with its new user. Returns the stored chat, which may have been added concurrently.

        Raises `AlreadyRecorded` if the grant was given before.
        """

    @abstractmethod
    async def speak(self, chat_id: int, language: str) -> None: ...

    @abstractmethod
    async def choose(self, chat_id: int, model: str) -> None: ...

    @abstractmethod
    async def leave(self, chat_id: int, *, gone: bool = True) -> None:
        """Store that nothing can be sent to the chat, or (`gone=False`) that it can again."""


class Dialogues(Protocol):
    @abstractmethod
    async def put(self, chat_id: int, dialogue: Json | None) -> None:
        """Store the state of a dialogue atomically; None ends it."""
