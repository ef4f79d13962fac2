from collections.abc import Collection, Sequence
from dataclasses import dataclass

from asyncpg import Pool
from typing_extensions import override

from augury.application.telegram_ports import Inbox, ReceivedUpdate
from augury.outbound.postgres.query import fetch

PUT = """
INSERT INTO telegram_updates (id, lane, payload)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) ORDER BY 1
ON CONFLICT DO NOTHING RETURNING id
"""
WAITING = "SELECT id, lane, payload FROM telegram_updates WHERE payload IS NOT NULL ORDER BY id"
DONE = "UPDATE telegram_updates SET payload = NULL WHERE id = $1"


@dataclass(frozen=True, slots=True)
class PostgresInbox(Inbox):
    pool: Pool

    @override
    async def put(self, updates: Sequence[ReceivedUpdate]) -> Collection[int]:
        ids, lanes = [each.id for each in updates], [each.lane for each in updates]
        rows = await fetch(self.pool, PUT, ids, lanes, [each.payload for each in updates])
        return {row["id"] for row in rows}

    @override
    async def waiting(self) -> Sequence[ReceivedUpdate]:
        rows = await fetch(self.pool, WAITING)
        return [ReceivedUpdate(row["id"], row["lane"], row["payload"]) for row in rows]

    @override
    async def done(self, update_id: int) -> None:
        await fetch(self.pool, DONE, update_id)
