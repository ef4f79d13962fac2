"""Guests, who are identified by their address and the day: why one is not served."""

from dataclasses import dataclass

from augury.domain.errors import DomainError


@dataclass(eq=False)
class GuestsNotServed(DomainError):
    """This installation does not serve guests: sign in."""


@dataclass(eq=False)
class TooManyGuests(DomainError):
    """Today's limit of guests is reached: sign in."""
