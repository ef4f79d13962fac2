"""Chats: how one becomes an account's, and what is refused on the way there and to the till."""

from dataclasses import dataclass

from augury.domain.errors import DomainError


@dataclass(eq=False)
class InvalidLink(DomainError):
    """The link was used before, or its time is over: ask for a new one."""


@dataclass(eq=False)
class ChatLinked(DomainError):
    """The chat belongs to another account already."""


@dataclass(eq=False)
class NoBot(DomainError):
    """There is no Telegram bot here."""


@dataclass(eq=False)
class PaymentNotFound(DomainError):
    """There is no such payment."""

    charge_id: str


@dataclass(eq=False)
class RefundRefused(DomainError):
    """The credits were taken back, but Telegram has not returned the payment yet: try again."""

    reason: str
