from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.money.ports import Balances, Statement
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId
from augury.outbound.postgres.pages import hidden
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.reads import Reads
from augury.outbound.postgres.transfer_rows import transfer_of

LAST = 2**63 - 1
"""The position before the first page."""
OF = "SELECT available, held, pending, debt FROM balances WHERE user_id = $1"
# Two index scans, one for each side of a transfer, each no longer than the page.
STATEMENT = f"""
SELECT reference, kind, user_id, to_user_id, amount, created_at, sequence FROM (
    (
        SELECT reference, kind, user_id, to_user_id, amount, created_at, sequence FROM transfers
        WHERE user_id = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT {hidden("$3")}
    ) UNION ALL (
        SELECT reference, kind, user_id, to_user_id, amount, created_at, sequence FROM transfers
        WHERE to_user_id = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT {hidden("$3")}
    )
) AS sides ORDER BY sequence DESC LIMIT {hidden("$3")}
"""


@dataclass(frozen=True, slots=True)
class PostgresBalances(Balances):
    pool: Pool
    reads: Reads

    @override
    async def of(self, user_id: UserId) -> Balance:
        rows = await fetch(self.pool, OF, user_id)
        if not rows:
            return Balance(user_id)
        return Balance(user_id, rows[0]["available"], rows[0]["held"], rows[0]["pending"], rows[0]["debt"])

    @override
    async def statement(
        self, user_id: UserId, *, limit: int, before: int | None = None
    ) -> Sequence[Statement]:
        before = LAST if before is None else before
        rows = await self.reads.fetch(STATEMENT, user_id, before, limit)
        return [_statement_of(row) for row in rows]


def _statement_of(row: Record) -> Statement:
    return Statement(transfer_of(row), row["created_at"], row["sequence"])
