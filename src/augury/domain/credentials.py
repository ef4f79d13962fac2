"""Credentials: why they do not prove who calls."""

from dataclasses import dataclass

from augury.domain.errors import DomainError


@dataclass(eq=False)
class WrongCredentials(DomainError):
    """The e-mail address or the password is wrong."""


@dataclass(eq=False)
class InvalidToken(DomainError):
    """The token is invalid or has expired."""
