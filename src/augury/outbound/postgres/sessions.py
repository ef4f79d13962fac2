from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.people.ports.credentials import Access
from augury.application.people.ports.sessions import RefreshToken, Rotation, Session, Sessions
from augury.domain.identifiers import UserId
from augury.domain.user import User
from augury.outbound.postgres.pages import hidden
from augury.outbound.postgres.pool import Connection, transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.users import COLUMNS, END_SESSIONS, user_of

# If the password is being changed, or the user blocked, at the same time, the lock waits until that is done,
# and the statement sees it. A later change waits for this statement, and then ends this session.
BEGIN = """
WITH owner AS (SELECT id FROM users WHERE id = $3 AND password_hash = $5 AND blocked_at IS NULL FOR SHARE)
INSERT INTO refresh_tokens (digest, family, user_id, expires_at, client, begun_at)
SELECT $1, $2, id, now() + $4::interval, $6, now() FROM owner RETURNING digest
"""
SUCCEED = """
INSERT INTO refresh_tokens (digest, family, user_id, expires_at, client, begun_at, chat_id)
SELECT $1, family, user_id, now() + $2::interval, client, begun_at, chat_id
FROM refresh_tokens WHERE digest = $3
"""
# The lock makes all changes of a user's sessions run one after another, so that no token is added to a family
# that is being ended. A separate statement reads the token after the lock was taken.
LOCK_OWNER = """
SELECT id FROM users WHERE id = (SELECT user_id FROM refresh_tokens WHERE digest = $1) FOR NO KEY UPDATE
"""
READ = """
SELECT family, user_id, replaced_at + $2::interval <= now() AS stolen, access_version
FROM refresh_tokens JOIN users ON users.id = user_id WHERE digest = $1 AND expires_at > now()
"""
REPLACE = "UPDATE refresh_tokens SET replaced_at = coalesce(replaced_at, now()) WHERE digest = $1"
END_FAMILY = "DELETE FROM refresh_tokens WHERE family = $1"
END = "DELETE FROM refresh_tokens WHERE family = (SELECT family FROM refresh_tokens WHERE digest = $1)"
OWNER = f"""
SELECT {", ".join(f"users.{name.strip()}" for name in COLUMNS.split(","))}
FROM refresh_tokens JOIN users ON users.id = user_id
WHERE digest = $1 AND expires_at > now() AND replaced_at IS NULL AND closed_at IS NULL AND blocked_at IS NULL
"""
# A family has one token that was not replaced. A user usually has few sessions. If a program has begun a
# great many, only some of them are listed.
MOST_LOOKED_AT = 1_000
OF = f"""
SELECT family, client, begun_at, expires_at FROM (
    SELECT family, client, begun_at, expires_at, replaced_at FROM refresh_tokens
    WHERE user_id = $1 LIMIT {hidden(str(MOST_LOOKED_AT))}
) AS known WHERE replaced_at IS NULL AND expires_at > now()
ORDER BY begun_at DESC NULLS LAST, family LIMIT {hidden("$2")}
"""
END_OF = "DELETE FROM refresh_tokens WHERE family = $2 AND user_id = $1 RETURNING family"
LOCK_USER = """
UPDATE users SET access_version = access_version + 1 WHERE id = $1 AND closed_at IS NULL RETURNING id
"""


@dataclass(frozen=True, slots=True)
class PostgresSessions(Sessions):
    pool: Pool

    @override
    async def begin(self, token: RefreshToken, *, password_hash: str) -> bool:
        named = token.digest, token.family, token.user_id, token.lifetime
        return bool(await fetch(self.pool, BEGIN, *named, password_hash, token.client))

    @override
    async def rotate(
        self, digest: bytes, *, successor: bytes, lifetime: timedelta, grace: timedelta
    ) -> tuple[Rotation, Access | None]:
        async with transaction(self.pool) as connection:
            token = await _locked(connection, digest, grace)
            if token is None:
                return Rotation.UNKNOWN, None
            access = Access(token["user_id"], token["access_version"])
            if token["stolen"]:
                await connection.execute(END_FAMILY, token["family"])
                return Rotation.REUSED, access
            await connection.execute(REPLACE, digest)
            await connection.execute(SUCCEED, successor, lifetime, digest)
            return Rotation.ROTATED, access

    @override
    async def end(self, digest: bytes) -> None:
        async with transaction(self.pool) as connection:
            await connection.execute(LOCK_OWNER, digest)
            await connection.execute(END, digest)

    @override
    async def owner(self, digest: bytes) -> User | None:
        rows = await fetch(self.pool, OWNER, digest)
        return user_of(rows[0]) if rows else None

    @override
    async def of(self, user_id: UserId, *, limit: int) -> Sequence[Session]:
        return [Session(**row) for row in await fetch(self.pool, OF, user_id, limit)]

    @override
    async def end_of(self, user_id: UserId, family: UUID) -> bool:
        return bool(await fetch(self.pool, END_OF, user_id, family))

    @override
    async def end_all(self, user_id: UserId) -> None:
        async with transaction(self.pool) as connection:
            await connection.execute(LOCK_USER, user_id)
            await connection.execute(END_SESSIONS, user_id)


async def _locked(connection: Connection, digest: bytes, grace: timedelta) -> Record | None:
    """Lock the sessions of the token's owner. Returns the token, or None if it is unknown or expired."""
    await connection.execute(LOCK_OWNER, digest)
    return await connection.fetchrow(READ, digest, grace)
