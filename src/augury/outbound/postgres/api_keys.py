from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Pool
from typing_extensions import override

from augury.application.people.ports import ApiKey, ApiKeys
from augury.domain.audit import Act
from augury.domain.identifiers import UserId
from augury.domain.user import InvalidToken, User, UserNotFound
from augury.outbound.postgres.audit_log import note
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.users import user_of

LOCK_OWNER = "SELECT access_version FROM users WHERE id = $1 AND closed_at IS NULL FOR NO KEY UPDATE"
COUNT = "SELECT count(*) FROM api_keys WHERE user_id = $1"
ADD = """
INSERT INTO api_keys (id, digest, user_id, name, hint, created_at, expires_at, last_used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
OWNER = """
WITH found AS (
    SELECT key.id AS key_id, users.id, role, email, users.created_at, closed_at, blocked_at,
        access_version
    FROM api_keys key JOIN users ON users.id = key.user_id
    WHERE key.digest = $1 AND (key.expires_at IS NULL OR key.expires_at > now()) AND users.closed_at IS NULL
), noted AS (
    UPDATE api_keys key SET last_used_at = now() FROM found
    WHERE key.id = found.key_id AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 minute')
)
SELECT id, role, email, created_at, closed_at, blocked_at, access_version FROM found
"""
OF = """
SELECT id, user_id, name, hint, created_at, expires_at, last_used_at FROM api_keys
WHERE user_id = $1 ORDER BY id DESC
"""
REMOVE = "DELETE FROM api_keys WHERE user_id = $1 AND id = $2 RETURNING id"


@dataclass(frozen=True, slots=True)
class PostgresApiKeys(ApiKeys):
    pool: Pool

    @override
    async def add(self, key: ApiKey, digest: bytes, *, most: int, version: int | None = None) -> bool:
        async with transaction(self.pool) as connection:
            known = await connection.fetchval(LOCK_OWNER, key.user_id)
            if known is None:
                raise UserNotFound
            if version not in (None, known):
                raise InvalidToken
            if await connection.fetchval(COUNT, key.user_id) >= most:
                return False
            await connection.execute(
                ADD,
                key.id,
                digest,
                key.user_id,
                key.name,
                key.hint,
                key.created_at,
                key.expires_at,
                key.last_used_at,
            )
        return True

    @override
    async def owner(self, digest: bytes) -> User | None:
        rows = await fetch(self.pool, OWNER, digest)
        return user_of(rows[0]) if rows else None

    @override
    async def of(self, user_id: UserId) -> Sequence[ApiKey]:
        return [ApiKey(**row) for row in await fetch(self.pool, OF, user_id)]

    @override
    async def remove(self, user_id: UserId, key_id: UUID, *, act: Act | None = None) -> bool:
        async with transaction(self.pool) as connection:
            removed = await connection.fetchval(REMOVE, user_id, key_id) is not None
            await note(connection, act if removed else None)
        return removed
