"""An error of event streams."""

from dataclasses import dataclass

from augury.domain.errors import DomainError


@dataclass(eq=False)
class TooManyStreams(DomainError):
    """Too many event streams of one user are open: close one first."""

    most: int
    retry_after: int
    """Seconds."""
