from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.people.ports.api_keys import NOTE_USE_EVERY, ApiKey, ApiKeys, KeyHolder
from augury.domain.api_key import KeyScope, KeyTerms, Spending, SpendingLimits
from augury.domain.audit import Act
from augury.domain.credentials import InvalidToken
from augury.domain.identifiers import UserId
from augury.domain.user import UserNotFound
from augury.outbound.postgres.audit_log import note
from augury.outbound.postgres.intervals import interval
from augury.outbound.postgres.key_spending import SPENDING
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.users import user_of

LOCK_OWNER = "SELECT access_version FROM users WHERE id = $1 AND closed_at IS NULL FOR NO KEY UPDATE"
COUNT = "SELECT count(*) FROM api_keys WHERE user_id = $1"
ADD = """
INSERT INTO api_keys (
    id, digest, user_id, name, hint, created_at, expires_at, last_used_at, scopes, models, day_limit,
    month_limit
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
OWNER = f"""
WITH found AS (
    SELECT key.id AS key_id, scopes, models, day_limit, month_limit, users.id, role, email,
        users.created_at, closed_at, blocked_at, access_version
    FROM api_keys key JOIN users ON users.id = key.user_id
    WHERE key.digest = $1 AND (key.expires_at IS NULL OR key.expires_at > now()) AND users.closed_at IS NULL
), noted AS (
    UPDATE api_keys key SET last_used_at = now() FROM found
    WHERE key.id = found.key_id
        AND (last_used_at IS NULL OR last_used_at <= now() - {interval(NOTE_USE_EVERY)})
)
SELECT id, role, email, created_at, closed_at, blocked_at, access_version, key_id, scopes, models, day_limit,
    month_limit
FROM found
"""
COLUMNS = f"""
id, user_id, name, hint, created_at, expires_at, last_used_at, scopes, models, day_limit, month_limit,
{SPENDING}
"""
OF = f"SELECT {COLUMNS} FROM api_keys WHERE user_id = $1 ORDER BY id DESC"
LOCK = f"SELECT {COLUMNS} FROM api_keys WHERE user_id = $1 AND id = $2 FOR UPDATE"
CHANGE = """
UPDATE api_keys SET name = $2, expires_at = $3, models = $4, day_limit = $5, month_limit = $6 WHERE id = $1
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
                sorted(key.scopes),
                _listed(key.models),
                key.limits.day,
                key.limits.month,
            )
        return True

    @override
    async def owner(self, digest: bytes) -> KeyHolder | None:
        rows = await fetch(self.pool, OWNER, digest)
        if not rows:
            return None
        terms = KeyTerms(id=rows[0]["key_id"], **_terms_of(rows[0]))
        return KeyHolder(user_of(rows[0]), terms)

    @override
    async def of(self, user_id: UserId) -> Sequence[ApiKey]:
        return [_key_of(row) for row in await fetch(self.pool, OF, user_id)]

    @override
    async def remove(self, user_id: UserId, key_id: UUID, *, act: Act | None = None) -> bool:
        async with transaction(self.pool) as connection:
            removed = await connection.fetchval(REMOVE, user_id, key_id) is not None
            await note(connection, act if removed else None)
        return removed

    @override
    async def change(
        self, user_id: UserId, key_id: UUID, changed: Callable[[ApiKey], ApiKey]
    ) -> ApiKey | None:
        async with transaction(self.pool) as connection:
            row = await connection.fetchrow(LOCK, user_id, key_id)
            if row is None:
                return None
            key = changed(_key_of(row))
            limits = key.limits
            await connection.execute(
                CHANGE, key_id, key.name, key.expires_at, _listed(key.models), limits.day, limits.month
            )
        return key


def _listed(models: frozenset[str] | None) -> list[str] | None:
    return None if models is None else sorted(models)


def _key_of(row: Record) -> ApiKey:
    return ApiKey(
        id=row["id"],
        user_id=row["user_id"],
        name=row["name"],
        hint=row["hint"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        spending=Spending(row["day_spent"], row["month_spent"]),
        **_terms_of(row),
    )


class _Terms(TypedDict):
    scopes: frozenset[KeyScope]
    models: frozenset[str] | None
    limits: SpendingLimits


def _terms_of(row: Record) -> _Terms:
    return {
        "scopes": frozenset(KeyScope if row["scopes"] is None else map(KeyScope, row["scopes"])),
        "models": None if row["models"] is None else frozenset(row["models"]),
        "limits": SpendingLimits(row["day_limit"], row["month_limit"]),
    }
