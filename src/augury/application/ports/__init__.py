"""What all ports share: the errors that each may raise, JSON that is passed through, and the clock.

Every port raises `Unavailable` when its technology cannot be reached, and no exception of that technology
itself. A method that takes a collection takes it in any order.
"""

from abc import abstractmethod
from datetime import datetime
from typing import NewType, Protocol

Json = NewType("Json", bytes)
"""A JSON text in UTF-8. Rows and answers are large and opaque here: they pass through as they are."""


class Unavailable(Exception):
    """The service behind a port cannot be reached, or does not answer in time. `str()` names it."""


class Conflict(Unavailable):
    """The transaction lost against a concurrent one: run it again from its start."""


class Clock(Protocol):
    """The time for display and for new records. Times of several processes are compared in SQL instead."""

    @abstractmethod
    def now(self) -> datetime:
        """The time, in UTC."""
