from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Pool
from sqlalchemy import bindparam, delete, insert, select
from typing_extensions import override

from augury.application.people.ports import ApiKey, ApiKeys
from augury.domain.identifiers import UserId
from augury.domain.user import InvalidToken, User, UserNotFound
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch, query
from augury.outbound.postgres.tables import api_keys
from augury.outbound.postgres.users import user_of

LOCK_OWNER = "SELECT access_version FROM users WHERE id = $1 AND closed_at IS NULL FOR NO KEY UPDATE"
COUNT = "SELECT count(*) FROM api_keys WHERE user_id = $1"
ADD = query(insert(api_keys))
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
OF = query(
    select(*(column for column in api_keys.c if column.name != "digest"))
    .where(api_keys.c.user_id == bindparam("user_id"))
    .order_by(api_keys.c.id.desc())
)
REMOVE = query(
    delete(api_keys)
    .where(api_keys.c.id == bindparam("key_id"), api_keys.c.user_id == bindparam("user_id"))
    .returning(api_keys.c.id)
)


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
                *ADD(
                    id=key.id,
                    digest=digest,
                    user_id=key.user_id,
                    name=key.name,
                    hint=key.hint,
                    created_at=key.created_at,
                    expires_at=key.expires_at,
                    last_used_at=key.last_used_at,
                )
            )
        return True

    @override
    async def owner(self, digest: bytes) -> User | None:
        rows = await fetch(self.pool, OWNER, digest)
        return user_of(rows[0]) if rows else None

    @override
    async def of(self, user_id: UserId) -> Sequence[ApiKey]:
        return [ApiKey(**row) for row in await fetch(self.pool, *OF(user_id=user_id))]

    @override
    async def remove(self, user_id: UserId, key_id: UUID) -> bool:
        return bool(await fetch(self.pool, *REMOVE(user_id=user_id, key_id=key_id)))
