"""Ports: the updates that Telegram delivers, and the process that takes them."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from augury.application.ports import Json


class Duty(Protocol):
    """Decides which process serves as the bot: one at a time, since two would take each other's updates."""

    @abstractmethod
    async def take(self) -> bool:
        """Try to take the duty. Returns whether this process has it. It keeps the duty until `holds` is False
        or it calls `leave`."""

    @abstractmethod
    async def holds(self) -> bool:
        """Whether this process still has the duty. It is False if the connection to the books was lost."""

    @abstractmethod
    async def leave(self) -> None:
        """Give up the duty, so that another process can take it. Never fails."""


@dataclass(frozen=True, slots=True)
class ReceivedUpdate:
    """One update, as Telegram delivered it."""

    id: int
    lane: int
    """Updates of one lane are handled in order. Each chat has its own."""
    payload: Json
    tries: int | None = None
    """How many processes ended while they handled it again; None if it has just arrived."""


class Inbox(Protocol):
    """Stores updates before they are acknowledged, so that no payment can be lost."""

    @abstractmethod
    async def put(self, updates: Sequence[ReceivedUpdate]) -> Collection[int]:
        """Store the updates. Returns the ids of those that are new."""

    @abstractmethod
    async def waiting(self) -> Sequence[ReceivedUpdate]:
        """The updates that are not handled yet, in order."""

    @abstractmethod
    async def begin(self, update_id: int) -> bool:
        """Count an attempt at an update that an earlier process left unhandled: the update may have crashed
        that process. Returns whether it still has to be handled."""

    @abstractmethod
    async def put_back(self, update_ids: Collection[int]) -> None:
        """Uncount the attempts at these updates, because their process stops in an orderly way."""

    @abstractmethod
    async def done(self, update_id: int) -> None:
        """Mark the update as handled, and keep only its id."""
