from dataclasses import dataclass

from augury.application.money.ports import PromoCodes
from augury.application.ports import Clock
from augury.domain.audit import Action, Author, act_of
from augury.domain.promo_code import PromoCode, normalized_code


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePromoCode:
    """Disable a promo code, so that nobody can redeem it, or enable it again. Granted credits stay."""

    promo_codes: PromoCodes
    clock: Clock

    async def __call__(self, *, code: str, disabled: bool, author: Author | None = None) -> PromoCode:
        """Raises `PromoCodeNotFound`. Repeating it changes nothing."""
        known = await self.promo_codes.get(normalized_code(code))
        changed = known.disable(at=self.clock.now()) if disabled else known.enable()
        act = act_of(
            author,
            Action.CHANGE_PROMO_CODE,
            f"promo_code:{changed.code}",
            before={"disabled": known.disabled_at is not None},
            after={"disabled": changed.disabled_at is not None},
        )
        await self.promo_codes.change(changed, act=act)
        return changed
