"""Checks all books: recomputes everything from the rows, in one snapshot."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.money.ports import Ledger, LedgerCheck, LedgerReport
from augury.domain.deviation import Deviation, DeviationCode
from augury.domain.ledger_check import CheckUnderWay
from augury.outbound.postgres import locks
from augury.outbound.postgres.ledger_checks import ABANDONED, CHECKS
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch

PATIENCE_SECONDS = 900
"""The time limit of one check, which is longer than for any other statement."""

MOST_NAMED = 1_000
"""The most deviations of one kind that are listed. Further ones are only counted."""

COUNTS = """
SELECT
    now() AS at,
    (SELECT count(*) FROM users) AS users,
    (SELECT count(*) FROM transfers) AS transfers,
    (SELECT count(*) FROM predictions) AS predictions
"""

REMEMBER = """
INSERT INTO ledger_checks AS known (only_one, checked_at, deviations) VALUES (true, $1, $2)
ON CONFLICT (only_one) DO UPDATE SET checked_at = excluded.checked_at, deviations = excluded.deviations
WHERE known.checked_at < excluded.checked_at
"""

LAST = "SELECT checked_at, deviations FROM ledger_checks"


@dataclass(frozen=True, slots=True)
class PostgresLedger(Ledger):
    pool: Pool
    limits: Limits

    @override
    async def verify(self, on_step: Callable[[int, int], None] | None = None) -> LedgerReport:
        deviations: list[Deviation] = []
        count = 0
        async with transaction(self.pool, isolation="repeatable_read", readonly=True) as taken:
            if not await taken.fetchval(locks.TRY, locks.CHECKING):
                raise CheckUnderWay
            await taken.execute(f"SET LOCAL statement_timeout = '{PATIENCE_SECONDS}s'")
            await taken.execute("SET LOCAL work_mem = '256MB'")
            await taken.execute("SET LOCAL enable_seqscan = on")
            counts = await taken.fetchrow(COUNTS, timeout=PATIENCE_SECONDS)
            assert counts is not None
            for number, check in enumerate(CHECKS, 1):
                arguments = [self.limits.longest_abandoned] if check is ABANDONED else []
                found = await taken.fetch(check, *arguments, timeout=PATIENCE_SECONDS)
                count += len(found)
                deviations += map(_deviation_of, found[:MOST_NAMED])
                if len(found) > MOST_NAMED:
                    deviations.append(Deviation.of(DeviationCode.MORE, count=len(found) - MOST_NAMED))
                if on_step:
                    on_step(number, len(CHECKS))
        await fetch(self.pool, REMEMBER, counts["at"], count)
        return LedgerReport(
            users=counts["users"],
            transfers=counts["transfers"],
            predictions=counts["predictions"],
            found=count,
            deviations=deviations,
        )

    @override
    async def last_check(self) -> LedgerCheck | None:
        rows = await fetch(self.pool, LAST)
        return LedgerCheck(rows[0]["checked_at"], rows[0]["deviations"]) if rows else None


def _deviation_of(row: Record) -> Deviation:
    """The deviation that a row describes. Its values become ints and texts: sums are `Decimal`, and ids
    `UUID`."""
    code, *values = row.items()
    whole = {name: int(each) if isinstance(each, int | Decimal) else str(each) for name, each in values}
    return Deviation(DeviationCode(code[1]), whole)
