from dataclasses import dataclass
from datetime import timedelta

from augury.application.money.ports import PromoCodes
from augury.application.ports import Clock
from augury.domain.audit import Action, Author, act_of
from augury.domain.promo_code import PromoCode

MOST_EXPIRES_IN = timedelta(days=36_500)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePromoCode:
    """Create a promo code, which each user can redeem once for credits, up to a total number of times."""

    promo_codes: PromoCodes
    clock: Clock

    async def __call__(
        self,
        *,
        code: str,
        credits: int,
        limit: int,
        expires_in: timedelta | None = None,
        author: Author | None = None,
    ) -> PromoCode:
        """Raises `InvalidPromoCode`, `InvalidAmount`, `PromoCodeTaken`."""
        now = self.clock.now()
        promo_code = PromoCode(
            code=code.strip().upper(),
            credits=credits,
            most=limit,
            created_at=now,
            expires_at=None if expires_in is None else now + min(expires_in, MOST_EXPIRES_IN),
        )
        act = act_of(
            author,
            Action.CREATE_PROMO_CODE,
            f"promo_code:{promo_code.code}",
            after={
                "credits": credits,
                "limit": limit,
                "expires_at": str(promo_code.expires_at) if promo_code.expires_at else None,
            },
        )
        await self.promo_codes.add(promo_code, act=act)
        return promo_code
