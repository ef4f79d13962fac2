from dataclasses import dataclass
from datetime import timedelta

from augury.application.limits import Limits
from augury.application.money.ports import Moved, OpenPromoBooks
from augury.application.people.ports.throttle import Throttle
from augury.application.people.ports.users import Users
from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId, uuid7
from augury.domain.promo_code import normalized_code


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemPromoCode:
    """Exchange a promo code for its credits: once per user, and within the code's limit."""

    users: Users
    books: OpenPromoBooks
    throttle: Throttle
    clock: Clock
    limits: Limits

    async def __call__(
        self, *, user_id: UserId, code: str, address: str | None = None, key: IdempotencyKey | None = None
    ) -> Moved:
        """Returns the balance afterwards. A repeated `key` changes nothing.

        Raises `PromoCodeNotFound`, `PromoCodeRedeemed`, `PromoCodeUsedUp`, `IdempotencyConflict`, and
        `TooManyTries`: codes are short enough to be guessed.
        """
        await self.users.get(user_id)
        await self.throttle.admit(
            [f"redeem:{each}" for each in (user_id, address) if each],
            most=self.limits.redeems_per_minute,
            window=timedelta(minutes=1),
        )
        return await retried(lambda: self._redeem(user_id, normalized_code(code), key))

    async def _redeem(self, user_id: UserId, code: str, key: IdempotencyKey | None) -> Moved:
        async with self.books() as books:
            promo_code, again = await books.promo_code(code, user_id=user_id)
            opened = await books.open([user_id], [(user_id, key.key)] if key else [])
            balance = opened.balance(user_id)
            if key and opened.repeats(user_id, key):
                return Moved(balance, replayed=True)
            redeemed = promo_code.redeem(again=again, at=self.clock.now())
            balance, transfers = balance.grant(promo_code.credits, reference=uuid7())
            grant = transfers[0]
            await books.redeem(redeemed, grant)
            await books.record(transfers=transfers, keys={user_id: (key, grant.reference)} if key else None)
        return Moved(balance)
