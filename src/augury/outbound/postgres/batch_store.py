"""Stores batches in the database, if no other store is configured."""

from dataclasses import dataclass

from asyncpg import Pool
from typing_extensions import override

from augury.application.batches.ports import BatchStore, NotStored
from augury.domain.identifiers import BatchId
from augury.outbound.postgres.pool import ping
from augury.outbound.postgres.query import fetch

PUT = """
INSERT INTO batch_objects (batch_id, name, content) VALUES ($1, $2, $3)
ON CONFLICT (batch_id, name) DO UPDATE SET content = excluded.content
"""
GET = "SELECT content FROM batch_objects WHERE batch_id = $1 AND name = $2"
DELETE = """
WITH gone AS (
    DELETE FROM batch_objects WHERE batch_id = $1 AND name = ANY (ARRAY (
        SELECT name FROM batch_objects WHERE batch_id = $1 AND starts_with(name, $3) LIMIT $2
    )) RETURNING 1
) SELECT count(*) FROM gone
"""


@dataclass(frozen=True, slots=True)
class PostgresBatchStore(BatchStore):
    pool: Pool

    @override
    async def put(self, batch_id: BatchId, name: str, content: bytes) -> None:
        await fetch(self.pool, PUT, batch_id, name, content)

    @override
    async def get(self, batch_id: BatchId, name: str) -> bytes:
        rows = await fetch(self.pool, GET, batch_id, name)
        if not rows:
            raise NotStored(f"{name} of batch {batch_id}")
        content: bytes = rows[0]["content"]
        return content

    @override
    async def ping(self) -> None:
        await ping(self.pool)

    @override
    async def delete(self, batch_id: BatchId, *, at_most: int, prefix: str = "") -> int:
        return int((await fetch(self.pool, DELETE, batch_id, at_most, prefix))[0][0])
