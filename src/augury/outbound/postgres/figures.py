from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from asyncpg import Pool
from typing_extensions import override

from augury.application.operation.ports import FiguresOverTime, Point, Process, ProcessRole
from augury.domain.figures import NOTHING, Figures, Step
from augury.outbound.postgres.query import fetch

# Every process runs this every few seconds. All write the rows in the same order, so that they never
# deadlock.
ADD = """
WITH alive AS (
    INSERT INTO processes (id, part, seen_at) VALUES ($1, $2, now())
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
)
INSERT INTO figures AS f (step, at, accepted, succeeded, failed, revenue, latencies)
SELECT step, date_trunc(step, now(), 'UTC'), $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::bigint[]
FROM unnest(ARRAY['day', 'hour', 'minute']) AS step WHERE $8::bool ORDER BY step
ON CONFLICT (step, at) DO UPDATE SET
    accepted = f.accepted + excluded.accepted, succeeded = f.succeeded + excluded.succeeded,
    failed = f.failed + excluded.failed, revenue = f.revenue + excluded.revenue,
    latencies = ARRAY (
        SELECT coalesce(b, 0) + coalesce(a, 0)
        FROM unnest(f.latencies, excluded.latencies) WITH ORDINALITY AS both_of (b, a, place) ORDER BY place
    )
"""
LEAVE = "DELETE FROM processes WHERE id = $1"
READ = """
SELECT at, accepted, succeeded, failed, revenue, latencies FROM figures
WHERE step = $1 AND at > date_trunc($1, now(), 'UTC') - $2::interval
"""
ALIVE = "SELECT id, part FROM processes WHERE seen_at > now() - $1::interval ORDER BY id"


@dataclass(frozen=True, slots=True)
class PostgresFigures(FiguresOverTime):
    pool: Pool

    @override
    async def add(self, process: Process, counted: Figures) -> None:
        await fetch(
            self.pool,
            ADD,
            process.id,
            process.part,
            counted.accepted,
            counted.succeeded,
            counted.failed,
            counted.revenue,
            list(counted.latencies),
            counted != NOTHING,
        )

    @override
    async def leave(self, process: Process) -> None:
        await fetch(self.pool, LEAVE, process.id)

    @override
    async def read(self, step: Step, *, most: int) -> Sequence[Point]:
        """The few points are sorted here, because a sort in the statement would keep the plan from using its
        index."""
        rows = await fetch(self.pool, READ, step, most * step.length)
        points = [
            Point(
                row["at"],
                Figures(
                    accepted=row["accepted"],
                    succeeded=row["succeeded"],
                    failed=row["failed"],
                    revenue=row["revenue"],
                    latencies=tuple(row["latencies"]),
                ),
            )
            for row in rows
        ]
        return sorted(points, key=lambda point: point.at)

    @override
    async def alive(self, *, within: timedelta) -> Sequence[Process]:
        rows = await fetch(self.pool, ALIVE, within)
        return [Process(id=row["id"], part=ProcessRole(row["part"])) for row in rows]
