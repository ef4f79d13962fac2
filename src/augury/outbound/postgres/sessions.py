from dataclasses import dataclass
from datetime import timedelta

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.people.ports import Access, RefreshToken, Rotation, Sessions
from augury.outbound.postgres.pool import Connection, transaction
from augury.outbound.postgres.query import fetch

# The lock waits for a concurrent change of the password, or block, and then sees it. A later change waits for
# this statement, and then ends this session.
BEGIN = """
WITH owner AS (SELECT id FROM users WHERE id = $3 AND password_hash = $5 AND blocked_at IS NULL FOR SHARE)
INSERT INTO refresh_tokens (digest, family, user_id, expires_at)
SELECT $1, $2, id, now() + $4::interval FROM owner RETURNING digest
"""
SUCCEED = """
INSERT INTO refresh_tokens (digest, family, user_id, expires_at) VALUES ($1, $2, $3, now() + $4::interval)
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


@dataclass(frozen=True, slots=True)
class PostgresSessions(Sessions):
    pool: Pool

    @override
    async def begin(self, token: RefreshToken, *, password_hash: str) -> bool:
        named = token.digest, token.family, token.user_id, token.lifetime
        return bool(await fetch(self.pool, BEGIN, *named, password_hash))

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
            await connection.execute(SUCCEED, successor, token["family"], token["user_id"], lifetime)
            return Rotation.ROTATED, access

    @override
    async def end(self, digest: bytes) -> None:
        async with transaction(self.pool) as connection:
            await connection.execute(LOCK_OWNER, digest)
            await connection.execute(END, digest)


async def _locked(connection: Connection, digest: bytes, grace: timedelta) -> Record | None:
    """Lock the sessions of the token's owner. Returns the token, or None if it is unknown or expired."""
    await connection.execute(LOCK_OWNER, digest)
    return await connection.fetchrow(READ, digest, grace)
