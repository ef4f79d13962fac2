"""Errors of payments: of crediting them, and of taking them back."""

from dataclasses import dataclass

from augury.domain.errors import DomainError


@dataclass(eq=False)
class PaymentTaken(DomainError):
    """This payment was already credited to another user, or with another amount."""


@dataclass(eq=False)
class TopUpNotFound(DomainError):
    """This user has no such top-up."""


@dataclass(eq=False)
class AlreadyReversed(DomainError):
    """This top-up was already reversed, in whole or in part."""
