"""Promo codes: users redeem them for credits, a limited number of times."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from augury.domain.errors import DomainError
from augury.domain.transfer import MOST_CREDITS, InvalidAmount

MOST_REDEMPTIONS = 1_000_000_000

_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,39}")


@dataclass(eq=False)
class InvalidPromoCode(DomainError):
    """A promo code is 3 to 40 of the characters A-Z, 0-9, "_" and "-", the first a letter or digit."""


@dataclass(eq=False)
class PromoCodeTaken(DomainError):
    """This promo code already exists."""

    code: str


@dataclass(eq=False)
class PromoCodeNotFound(DomainError):
    """There is no such promo code, or it is no longer valid."""


@dataclass(eq=False)
class PromoCodeUsedUp(DomainError):
    """This promo code has reached its limit of redemptions."""


@dataclass(eq=False)
class PromoCodeRedeemed(DomainError):
    """You have already redeemed this promo code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoCode:
    """A code worth `credits`. Each user can redeem it once, and all users together `most` times."""

    code: str
    credits: int
    most: int
    used: int = 0
    created_at: datetime
    expires_at: datetime | None = None
    disabled_at: datetime | None = None
    """When it was disabled; None while it is enabled."""

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise InvalidPromoCode
        if not 0 < self.credits <= MOST_CREDITS:
            raise InvalidAmount(amount=self.credits)
        if not 0 < self.most <= MOST_REDEMPTIONS:
            raise InvalidAmount(amount=self.most, most=MOST_REDEMPTIONS)

    def redeem(self, *, again: bool, at: datetime) -> Self:
        """Count one more redemption. `again` says whether this user has redeemed the code before.

        Raises `PromoCodeNotFound` if the code is disabled or has expired, `PromoCodeRedeemed` or
        `PromoCodeUsedUp`.
        """
        if self.disabled_at is not None or (self.expires_at is not None and self.expires_at <= at):
            raise PromoCodeNotFound
        if again:
            raise PromoCodeRedeemed
        if self.used >= self.most:
            raise PromoCodeUsedUp
        return replace(self, used=self.used + 1)

    def disable(self, *, at: datetime) -> Self:
        return self if self.disabled_at else replace(self, disabled_at=at)

    def enable(self) -> Self:
        return replace(self, disabled_at=None)


def normalized_code(text: str) -> str:
    """The code as it is stored and compared: trimmed, in upper case.

    Raises `PromoCodeNotFound` if no code can look like this.
    """
    code = text.strip().upper()
    if not _CODE.fullmatch(code):
        raise PromoCodeNotFound
    return code
