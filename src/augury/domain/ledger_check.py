"""An error of the check of all books."""

from dataclasses import dataclass

from augury.domain.errors import DomainError


@dataclass(eq=False)
class CheckUnderWay(DomainError):
    """Another check of the books is running. Only one runs at a time."""
