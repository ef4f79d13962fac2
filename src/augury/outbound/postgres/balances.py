from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Pool, Record
from sqlalchemy import BigInteger, bindparam, or_, select, union_all
from typing_extensions import override

from augury.application.money.ports import Balances, Statement
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId
from augury.outbound.postgres.query import fetch, query
from augury.outbound.postgres.tables import balances, transfers
from augury.outbound.postgres.transfer_rows import transfer_of

OF = query(select(balances).where(balances.c.user_id == bindparam("user_id")))

_before = bindparam("before", type_=BigInteger)
# Two index scans, one for each side of a transfer, each no longer than the page.
_sides = [
    select(transfers)
    .where(side == bindparam("user_id"), or_(_before.is_(None), transfers.c.sequence < _before))
    .order_by(transfers.c.sequence.desc())
    .limit(bindparam("most"))
    .subquery()
    for side in (transfers.c.user_id, transfers.c.to_user_id)
]
_both = union_all(*(select(side) for side in _sides)).subquery()
STATEMENT = query(select(_both).order_by(_both.c.sequence.desc()).limit(bindparam("most")))


@dataclass(frozen=True, slots=True)
class PostgresBalances(Balances):
    pool: Pool

    @override
    async def of(self, user_id: UserId) -> Balance:
        rows = await fetch(self.pool, *OF(user_id=user_id))
        if not rows:
            return Balance(user_id)
        return Balance(user_id, rows[0]["available"], rows[0]["held"], rows[0]["pending"], rows[0]["debt"])

    @override
    async def statement(
        self, user_id: UserId, *, limit: int, before: int | None = None
    ) -> Sequence[Statement]:
        rows = await fetch(self.pool, *STATEMENT(user_id=user_id, most=limit, before=before))
        return [_statement_of(row) for row in rows]


def _statement_of(row: Record) -> Statement:
    return Statement(transfer_of(row), row["created_at"], row["sequence"])
