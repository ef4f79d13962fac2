"""Model files in pieces. A row holds one piece, so that neither Augury nor PostgreSQL has a whole file in
memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Pool
from typing_extensions import override

from augury.application.models.ports.uploads import ModelFiles
from augury.domain import retention
from augury.domain.identifiers import ModelFileId
from augury.outbound.postgres.intervals import is_older
from augury.outbound.postgres.query import fetch

BEGIN = "INSERT INTO model_files (id) VALUES ($1)"
PUT = """
INSERT INTO model_pieces (file_id, number, content) VALUES ($1, $2, $3)
ON CONFLICT (file_id, number) DO UPDATE SET content = excluded.content
"""
WHOLE = "UPDATE model_files SET sha256 = $2, size = $3, received_at = now() WHERE id = $1"
FIND = "SELECT id FROM model_files WHERE sha256 = $1 ORDER BY received_at DESC LIMIT 1"
PIECE = "SELECT content FROM model_pieces WHERE file_id = $1 AND number = $2"
PIECES_AT_ONCE = 64
DELETE_PIECES = f"""
WITH gone AS (
    DELETE FROM model_pieces WHERE file_id = $1 AND number = ANY (ARRAY (
        SELECT number FROM model_pieces WHERE file_id = $1 ORDER BY number LIMIT {PIECES_AT_ONCE}
    )) RETURNING 1
) SELECT count(*) FROM gone
"""
DELETE = "DELETE FROM model_files WHERE id = $1"
UNNEEDED = f"""
SELECT id FROM model_files f
WHERE sha256 IS NULL AND {is_older("received_at", retention.INCOMPLETE_FILES)}
        AND NOT EXISTS (SELECT FROM model_trainings t WHERE t.table_id = f.id AND t.finished_at IS NULL)
    OR sha256 IS NOT NULL AND {is_older("received_at", retention.UNNEEDED_MODEL_FILES)}
        AND NOT EXISTS (SELECT FROM models m WHERE m.sha256 = f.sha256)
        AND NOT EXISTS (SELECT FROM model_uploads u WHERE u.sha256 = f.sha256 AND u.state = 'checking')
        AND NOT EXISTS (
            SELECT FROM model_trainings t WHERE t.model_sha256 = f.sha256 AND t.finished_at IS NULL
        )
ORDER BY id LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class PostgresModelFiles(ModelFiles):
    pool: Pool

    @override
    async def begin(self, file_id: ModelFileId) -> None:
        await fetch(self.pool, BEGIN, file_id)

    @override
    async def put(self, file_id: ModelFileId, number: int, content: bytes) -> None:
        await fetch(self.pool, PUT, file_id, number, content)

    @override
    async def whole(self, file_id: ModelFileId, *, sha256: str, size: int) -> None:
        await fetch(self.pool, WHOLE, file_id, sha256, size)

    @override
    async def find(self, sha256: str) -> ModelFileId | None:
        rows = await fetch(self.pool, FIND, sha256)
        return ModelFileId(rows[0]["id"]) if rows else None

    @override
    async def piece(self, file_id: ModelFileId, number: int) -> bytes:
        rows = await fetch(self.pool, PIECE, file_id, number)
        return bytes(rows[0]["content"]) if rows else b""

    @override
    async def delete(self, file_id: ModelFileId) -> None:
        """Deletes a few pieces at a time, so that no statement runs for long."""
        while (await fetch(self.pool, DELETE_PIECES, file_id))[0][0] == PIECES_AT_ONCE:
            pass
        await fetch(self.pool, DELETE, file_id)

    @override
    async def unneeded(self, *, limit: int) -> Sequence[ModelFileId]:
        return [ModelFileId(row["id"]) for row in await fetch(self.pool, UNNEEDED, limit)]
