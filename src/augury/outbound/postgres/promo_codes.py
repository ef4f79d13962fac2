"""Promo codes: separately, and as part of a transaction over the books."""

from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Pool, Record
from sqlalchemy import Text, bindparam, exists, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from augury.application.money.ports import PromoCodes
from augury.domain.balance import Transfer
from augury.domain.identifiers import UserId
from augury.domain.promo_code import PromoCode, PromoCodeNotFound, PromoCodeTaken
from augury.outbound.postgres.pool import Connection
from augury.outbound.postgres.query import fetch, query
from augury.outbound.postgres.tables import promo_codes, promo_redemptions

ADD = query(upsert(promo_codes).on_conflict_do_nothing().returning(promo_codes.c.code))

_after = bindparam("after", type_=Text)
PAGE = query(
    select(promo_codes)
    .where(or_(_after.is_(None), promo_codes.c.code > _after))
    .order_by(promo_codes.c.code)
    .limit(bindparam("most_items"))
)
GET = query(select(promo_codes).where(promo_codes.c.code == bindparam("the_code")))
CHANGE = query(
    update(promo_codes)
    .where(promo_codes.c.code == bindparam("the_code"))
    .values(disabled_at=bindparam("since"))
    .returning(promo_codes.c.code)
)
LOCK = query(select(promo_codes).where(promo_codes.c.code == bindparam("the_code")).with_for_update())
IS_REDEEMED = query(
    select(
        exists().where(
            promo_redemptions.c.code == bindparam("the_code"),
            promo_redemptions.c.user_id == bindparam("user_id"),
        )
    )
)
USE = query(
    update(promo_codes).where(promo_codes.c.code == bindparam("the_code")).values(used=bindparam("used"))
)
REDEEM = query(
    insert(promo_redemptions).values({name: bindparam(name) for name in ("code", "user_id", "reference")})
)


@dataclass(frozen=True, slots=True)
class PostgresPromoCodes(PromoCodes):
    pool: Pool

    @override
    async def add(self, promo_code: PromoCode) -> None:
        added = await fetch(
            self.pool,
            *ADD(
                code=promo_code.code,
                credits=promo_code.credits,
                most=promo_code.most,
                used=promo_code.used,
                created_at=promo_code.created_at,
                expires_at=promo_code.expires_at,
                disabled_at=promo_code.disabled_at,
            ),
        )
        if not added:
            raise PromoCodeTaken(code=promo_code.code)

    @override
    async def get(self, code: str) -> PromoCode:
        rows = await fetch(self.pool, *GET(the_code=code))
        if not rows:
            raise PromoCodeNotFound
        return _promo_code_of(rows[0])

    @override
    async def change(self, promo_code: PromoCode) -> None:
        if not await fetch(self.pool, *CHANGE(the_code=promo_code.code, since=promo_code.disabled_at)):
            raise PromoCodeNotFound

    @override
    async def page(self, *, limit: int, after: str | None = None) -> Sequence[PromoCode]:
        return [_promo_code_of(row) for row in await fetch(self.pool, *PAGE(most_items=limit, after=after))]


async def look_up(connection: Connection, code: str, user_id: UserId) -> tuple[PromoCode, bool]:
    """Uses two statements: the second sees redemptions that were committed while the first waited for the
    lock."""
    row = await connection.fetchrow(*LOCK(the_code=code))
    if row is None:
        raise PromoCodeNotFound
    again = await connection.fetchval(*IS_REDEEMED(the_code=code, user_id=user_id))
    return _promo_code_of(row), bool(again)


async def redeem(connection: Connection, promo_code: PromoCode, grant: Transfer) -> None:
    await connection.execute(*USE(the_code=promo_code.code, used=promo_code.used))
    await connection.execute(*REDEEM(code=promo_code.code, user_id=grant.user_id, reference=grant.reference))


def _promo_code_of(row: Record) -> PromoCode:
    return PromoCode(
        code=row["code"],
        credits=row["credits"],
        most=row["most"],
        used=row["used"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        disabled_at=row["disabled_at"],
    )
