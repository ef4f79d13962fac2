from dataclasses import dataclass
from datetime import timedelta

from augury.application.money.ports import PromoCodes
from augury.application.ports import Clock
from augury.domain.promo_code import PromoCode

MOST_EXPIRES_IN = timedelta(days=36_500)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePromoCode:
    """Create a promo code, which each user can redeem once for credits, up to a total number of times."""

    promo_codes: PromoCodes
    clock: Clock

    async def __call__(
        self, *, code: str, credits: int, limit: int, expires_in: timedelta | None = None
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
        await self.promo_codes.add(promo_code)
        return promo_code
