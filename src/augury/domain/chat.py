"""Errors of linking chats to accounts, and of payments in a chat."""

from dataclasses import dataclass

from augury.domain.errors import DomainError


@dataclass(eq=False)
class InvalidLink(DomainError):
    """The link was already used, or has expired: ask for a new one."""


@dataclass(eq=False)
class ChatLinked(DomainError):
    """The chat is already linked to another account."""


@dataclass(eq=False)
class ChatNotLinked(DomainError):
    """The chat is not linked to an account."""


@dataclass(eq=False)
class NoBot(DomainError):
    """This installation has no Telegram bot."""


@dataclass(eq=False)
class SignInExpired(DomainError):
    """The request to sign in was used, refused or has expired: begin again on the page."""


@dataclass(eq=False)
class SignInByPassword(DomainError):
    """Administrators sign in with their password only."""


@dataclass(eq=False)
class PaymentNotFound(DomainError):
    """There is no such payment."""

    charge_id: str


@dataclass(eq=False)
class RefundRefused(DomainError):
    """The credits were taken back, but Telegram has not returned the payment: try again."""

    reason: str
