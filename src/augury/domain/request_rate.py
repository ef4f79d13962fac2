"""How many requests a caller may make in a window of time."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from augury.domain.errors import DomainError

WINDOW = timedelta(minutes=1)


class RateName(StrEnum):
    """Whose requests are counted."""

    USER = "user"
    """All of a user's, with every key and token."""
    KEY = "key"
    """Those with one API key."""
    GUEST = "guest"
    """Those without a credential from one address."""


@dataclass(frozen=True, slots=True)
class RateStatus:
    """A limit of requests, and how far one caller is."""

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
    """The limits that are reached."""
    retry_after: int
    """Seconds until the last of them ends its window."""
