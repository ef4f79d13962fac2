from collections.abc import Collection, Sequence
from dataclasses import dataclass

from asyncpg import Pool
from typing_extensions import override

from augury.application.chats.ports.updates import Inbox, ReceivedUpdate
from augury.outbound.postgres.query import fetch

PUT = """
INSERT INTO telegram_updates (id, lane, payload)
SELECT id, lane, payload
FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS new (id, lane, payload) ORDER BY id
ON CONFLICT DO NOTHING RETURNING id
"""
WAITING = "SELECT id, lane, payload, tries FROM telegram_updates WHERE payload IS NOT NULL ORDER BY id"
BEGIN = "UPDATE telegram_updates SET tries = tries + 1 WHERE id = $1 AND payload IS NOT NULL RETURNING id"
PUT_BACK = "UPDATE telegram_updates SET tries = tries - 1 WHERE id = ANY($1::bigint[])"
# A lane is usually the number of a chat. Only its update's id is needed from now on.
DONE = "UPDATE telegram_updates SET payload = NULL, lane = 0 WHERE id = $1"


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
        return [ReceivedUpdate(row["id"], row["lane"], row["payload"], row["tries"]) for row in rows]

    @override
    async def begin(self, update_id: int) -> bool:
        return bool(await fetch(self.pool, BEGIN, update_id))

    @override
    async def put_back(self, update_ids: Collection[int]) -> None:
        await fetch(self.pool, PUT_BACK, list(update_ids))

    @override
    async def done(self, update_id: int) -> None:
        await fetch(self.pool, DONE, update_id)
