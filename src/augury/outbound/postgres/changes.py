"""Changes of predictions, read from the transfers that pay for them. Predictions without a price have their
own table."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from asyncpg import Pool
from typing_extensions import override

from augury.application.predictions.ports.changes import Change, Changes, Position
from augury.domain.identifiers import UserId
from augury.outbound.postgres.query import fetch

NEWEST = """
SELECT user_id,
    (SELECT sequence FROM transfers t WHERE t.user_id = asked.user_id ORDER BY sequence DESC LIMIT 1) AS paid,
    (SELECT sequence FROM free_changes f WHERE f.user_id = asked.user_id ORDER BY sequence DESC LIMIT 1)
        AS free
FROM unnest($1::uuid[]) AS asked (user_id)
"""
OLDEST_FREE = "SELECT sequence FROM free_changes ORDER BY at LIMIT 1"
# A prediction that was captured in part was also released in part, but has ended only once.
SINCE = """
SELECT number, paid, free, prediction_id, ended
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[])
    WITH ORDINALITY AS asked (user_id, after_paid, after_free, number)
CROSS JOIN LATERAL (
    (
        SELECT sequence AS paid, NULL::bigint AS free, reference AS prediction_id, kind <> 'hold' AS ended
        FROM transfers t
        WHERE t.user_id = asked.user_id AND sequence > after_paid AND (
            kind IN ('hold', 'capture') OR kind = 'release' AND NOT EXISTS (
                SELECT FROM transfers c WHERE c.reference = t.reference AND c.kind = 'capture'
            )
        )
        ORDER BY sequence LIMIT $4
    ) UNION ALL (
        SELECT NULL, sequence, prediction_id, ended FROM free_changes f
        WHERE f.user_id = asked.user_id AND sequence > after_free ORDER BY sequence LIMIT $4
    )
) AS found
ORDER BY number, paid, free
"""


@dataclass(frozen=True, slots=True)
class PostgresChanges(Changes):
    pool: Pool

    @override
    async def newest(self, user_ids: Collection[UserId]) -> Mapping[UserId, Position]:
        rows = await fetch(self.pool, NEWEST, list(user_ids))
        return {row["user_id"]: Position(row["paid"] or 0, row["free"] or 0) for row in rows}

    @override
    async def oldest_free(self) -> int:
        rows = await fetch(self.pool, OLDEST_FREE)
        return int(rows[0]["sequence"]) if rows else 0

    @override
    async def since(
        self, asked: Sequence[tuple[UserId, Position]], *, limit: int
    ) -> Sequence[Sequence[Change]]:
        positions = [position for _, position in asked]
        user_ids = [user_id for user_id, _ in asked]
        paid, free = [each.paid for each in positions], [each.free for each in positions]
        found: list[list[Change]] = [[] for _ in asked]
        for row in await fetch(self.pool, SINCE, user_ids, paid, free, limit):
            number = row["number"] - 1
            reached = replace(positions[number], **{name: row[name] for name in _NUMBERS if row[name]})
            positions[number] = reached
            found[number].append(Change(reached, row["prediction_id"], row["ended"]))
        return found


_NUMBERS = ("paid", "free")
