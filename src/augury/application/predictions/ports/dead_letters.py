"""Ports: the messages that no worker could handle."""

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from augury.application.predictions.ports.queue import Task

BYTES_SHOWN = 200
"""How many bytes of a dead letter's body are shown."""
MOST_LETTERS = 1_000
"""Only this many of the oldest dead letters can be listed and found by their ids."""


def letter_id(body: bytes, put_at: datetime | None, died_at: datetime | None) -> str:
    return hashlib.sha256(b"%b|%a|%a" % (body, put_at, died_at)).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message of the queue that could not be handled."""

    id: str
    """Derived from the content and the times. Two messages with the same id are identical."""
    reason: str
    """Why the broker removed it: `rejected`, `delivery_limit`, …; `unknown` if it does not say."""
    deaths: int
    """How often the broker has removed it."""
    died_at: datetime | None
    put_at: datetime | None
    size: int
    """Bytes of the whole body."""
    body: bytes
    """Its first `BYTES_SHOWN` bytes."""
    task: Task | None = None
    """The content of the body. None if its format is unknown."""


@dataclass(frozen=True, slots=True)
class QueueLengths:
    """The numbers of messages ready for a worker in both lanes, and of dead letters."""

    ready: int
    """In the small lane."""
    dead: int
    tickets: int = 0
    """In the bulk lane."""


class DeadLetters(Protocol):
    """Messages that no worker could handle, kept until an operator looks at them."""

    @abstractmethod
    async def lengths(self) -> QueueLengths: ...

    @abstractmethod
    async def list(self, *, at_most: int, skip: int = 0) -> Sequence[DeadLetter]:
        """The oldest messages after the first `skip`. They stay where they are. `skip` and `at_most` together
        are at most `MOST_LETTERS`, because the broker must hand out the skipped ones, too."""

    @abstractmethod
    async def drop(self, *, at_most: int, only: str | None = None) -> int:
        """Delete the oldest messages, or only the message with this id if it is among the oldest
        `MOST_LETTERS`. Returns how many. Their predictions stay queued, and the sweeper finds them."""

    @abstractmethod
    async def replay(self, *, at_most: int, only: str | None = None) -> int:
        """Put the oldest messages on the queue again, or only the message with this id if it is among the
        oldest `MOST_LETTERS`. Returns how many.

        A message is removed here only after the queue has confirmed it: after an interruption, it may be
        delivered twice but is never lost. A message that dies again meanwhile is not taken a second time.
        """
