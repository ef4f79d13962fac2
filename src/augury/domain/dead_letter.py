"""Dead letters: messages that no worker could handle."""

from dataclasses import dataclass

from augury.domain.errors import DomainError


@dataclass(eq=False)
class DeadLetterNotFound(DomainError):
    """There is no such dead letter. It was replayed, was dropped, or died again."""
