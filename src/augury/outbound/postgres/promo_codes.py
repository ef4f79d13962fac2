"""Promo codes: separately, and as part of a transaction over the books."""

from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.money.ports import PromoCodes
from augury.domain.audit import Act
from augury.domain.identifiers import UserId
from augury.domain.promo_code import PromoCode, PromoCodeNotFound, PromoCodeTaken
from augury.domain.transfer import Transfer
from augury.outbound.postgres.audit_log import note
from augury.outbound.postgres.pages import hidden
from augury.outbound.postgres.pool import Connection, transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.reads import Reads

COLUMNS = "code, credits, most, used, created_at, expires_at, disabled_at"
ADD = f"""
INSERT INTO promo_codes ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING code
"""
PAGE = f"SELECT {COLUMNS} FROM promo_codes WHERE code > $1 ORDER BY code LIMIT {hidden('$2')}"
GET = f"SELECT {COLUMNS} FROM promo_codes WHERE code = $1"
# FOR UPDATE would also wait for the foreign keys of redemptions, which `let_go` copies after it has locked a
# balance. Whoever redeems a code locks the balance after the code.
LOCK = f"{GET} FOR NO KEY UPDATE"
CHANGE = "UPDATE promo_codes SET disabled_at = $2 WHERE code = $1 RETURNING code"
USE = "UPDATE promo_codes SET used = $2 WHERE code = $1"
IS_REDEEMED = "SELECT EXISTS (SELECT FROM promo_redemptions WHERE code = $1 AND user_id = $2)"
REDEEM = "INSERT INTO promo_redemptions (code, user_id, reference) VALUES ($1, $2, $3)"


@dataclass(frozen=True, slots=True)
class PostgresPromoCodes(PromoCodes):
    pool: Pool
    reads: Reads

    @override
    async def add(self, promo_code: PromoCode, *, act: Act | None = None) -> None:
        async with transaction(self.pool) as connection:
            added = await connection.fetchval(
                ADD,
                promo_code.code,
                promo_code.credits,
                promo_code.most,
                promo_code.used,
                promo_code.created_at,
                promo_code.expires_at,
                promo_code.disabled_at,
            )
            if added is None:
                raise PromoCodeTaken(code=promo_code.code)
            await note(connection, act)

    @override
    async def get(self, code: str) -> PromoCode:
        rows = await fetch(self.pool, GET, code)
        if not rows:
            raise PromoCodeNotFound
        return _promo_code_of(rows[0])

    @override
    async def change(self, promo_code: PromoCode, *, act: Act | None = None) -> None:
        async with transaction(self.pool) as connection:
            if not await connection.fetch(CHANGE, promo_code.code, promo_code.disabled_at):
                raise PromoCodeNotFound
            await note(connection, act)

    @override
    async def page(self, *, limit: int, after: str | None = None) -> Sequence[PromoCode]:
        return [_promo_code_of(row) for row in await self.reads.fetch(PAGE, after or "", limit)]


async def look_up(connection: Connection, code: str, user_id: UserId) -> tuple[PromoCode, bool]:
    """The code, locked, and whether the user has redeemed it.

    The second statement sees redemptions that were committed while the first one waited for the lock.
    """
    row = await connection.fetchrow(LOCK, code)
    if row is None:
        raise PromoCodeNotFound
    again = await connection.fetchval(IS_REDEEMED, code, user_id)
    return _promo_code_of(row), bool(again)


async def redeem(connection: Connection, promo_code: PromoCode, grant: Transfer) -> None:
    await connection.execute(USE, promo_code.code, promo_code.used)
    await connection.execute(REDEEM, promo_code.code, grant.user_id, grant.reference)


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
