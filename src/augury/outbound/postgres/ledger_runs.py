import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.operation.ports import LedgerRun, LedgerRuns
from augury.domain.audit import Act
from augury.domain.deviation import Deviation, DeviationCode
from augury.domain.ledger_check import CheckUnderWay
from augury.domain.reasons import Reason
from augury.outbound.postgres import locks
from augury.outbound.postgres.audit_log import note
from augury.outbound.postgres.pages import hidden
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.reasons import read, stored

COLUMNS = "id, started_at, done, total, finished_at, deviations, lines, found, failure, why"
IS_SILENT = "finished_at IS NULL AND seen_at <= now() - $2::interval AS is_silent"
UNDER_WAY = """
SELECT EXISTS (SELECT FROM (SELECT finished_at, seen_at FROM ledger_runs ORDER BY id DESC LIMIT 1) AS last
WHERE finished_at IS NULL AND seen_at > now() - $1::interval)
"""
BEGIN = f"INSERT INTO ledger_runs (id) VALUES ($1) RETURNING {COLUMNS}, false AS is_silent"
PROGRESS = "UPDATE ledger_runs SET done = $2, total = $3, seen_at = now() WHERE id = $1"
END = """
UPDATE ledger_runs SET finished_at = now(), deviations = $2, lines = $3, found = $6,
    failure = $4::text, why = $5, done = CASE WHEN $4::text IS NULL THEN total ELSE done END
WHERE id = $1 AND finished_at IS NULL
"""
LAST = f"SELECT {COLUMNS}, {IS_SILENT} FROM ledger_runs ORDER BY id DESC LIMIT {hidden('$1')}"


@dataclass(frozen=True, slots=True)
class PostgresLedgerRuns(LedgerRuns):
    pool: Pool

    @override
    async def begin(self, run_id: UUID, *, silent_for: timedelta, act: Act) -> LedgerRun:
        async with transaction(self.pool) as connection:
            await connection.execute(locks.WAIT, locks.BEGINNING_CHECK)
            if await connection.fetchval(UNDER_WAY, silent_for):
                raise CheckUnderWay
            row = await connection.fetchrow(BEGIN, run_id)
            assert row is not None
            await note(connection, act)
        return _run_of(row)

    @override
    async def progress(self, run_id: UUID, *, done: int, total: int) -> None:
        await fetch(self.pool, PROGRESS, run_id, done, total)

    @override
    async def end(
        self,
        run_id: UUID,
        *,
        deviations: int | None,
        found: Sequence[Deviation] = (),
        failure: Reason | None = None,
    ) -> None:
        named = json.dumps([_encoded(each) for each in found], ensure_ascii=False) if found else None
        lines = [str(each) for each in found]
        await fetch(self.pool, END, run_id, deviations, lines, *stored(failure), named)

    @override
    async def last(self, *, most: int, silent_for: timedelta) -> Sequence[LedgerRun]:
        return [_run_of(row) for row in await fetch(self.pool, LAST, most, silent_for)]


def _run_of(row: Record) -> LedgerRun:
    return LedgerRun(
        id=row["id"],
        started_at=row["started_at"],
        done=row["done"],
        total=row["total"],
        finished_at=row["finished_at"],
        deviations=row["deviations"],
        found=_found(row),
        failure=read(row["why"], row["failure"]),
        is_silent=row["is_silent"],
    )


def _encoded(deviation: Deviation) -> dict[str, Any]:
    return {"code": deviation.code, "values": dict(deviation.values)}


def _found(row: Record) -> Sequence[Deviation]:
    """The deviations. Without a code, or with a code of a newer release, a deviation has only its stored line
    of text."""
    lines = row["lines"]
    named = json.loads(row["found"]) if row["found"] else [None] * len(lines)
    return [_decoded(each, line) for each, line in zip(named, lines, strict=True)]


def _decoded(named: dict[str, Any] | None, line: str) -> Deviation:
    try:
        found = Deviation(DeviationCode(named["code"]), named["values"]) if named else Deviation.written(line)
        str(found)  # raises if a value is missing
    except (ValueError, KeyError):
        return Deviation.written(line)
    return found
