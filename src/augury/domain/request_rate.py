"""Limits of the requests and tries that a caller may make in a window of time."""

import math
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

from augury.domain.errors import DomainError

WINDOW = timedelta(minutes=1)


class RateName(StrEnum):
    """The caller whose requests are counted."""

    USER = "user"
    """A user, with all keys and tokens."""
    KEY = "key"
    """An API key."""
    GUEST = "guest"
    """An address, for requests without a credential."""


@dataclass(frozen=True, slots=True)
class RateStatus:
    """A limit of requests, and its state for one caller."""

    name: RateName
    most: int
    """Requests in each window."""
    left: int
    """Requests that are left in this window, as far as this process knows."""
    ends_in: int
    """Seconds until the window ends, rounded up."""


@dataclass(eq=False)
class TooManyRequests(DomainError):
    """Too many requests in a short time."""

    names: tuple[RateName, ...]
    """The limits that were reached."""
    retry_after: int
    """Seconds until the last of their windows ends."""


@dataclass(eq=False)
class TooManyTries(DomainError):
    """Too many tries: wait before the next."""

    retry_after: int
    """Seconds."""

    @classmethod
    def after(cls, wait: timedelta) -> Self:
        return cls(retry_after=math.ceil(wait.total_seconds()))
