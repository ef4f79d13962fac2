from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.people.ports.users import NewUser, Secret, Users
from augury.domain.audit import Act
from augury.domain.email_address import EmailTaken
from augury.domain.identifiers import UserId
from augury.domain.text import is_storable
from augury.domain.user import Role, User, UserNotFound
from augury.outbound.postgres.audit_log import note
from augury.outbound.postgres.pages import LAST, hidden
from augury.outbound.postgres.pool import Connection, transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.reads import Reads

COLUMNS = """
id, role, email, password_hash, guest_key, created_at, closed_at, blocked_at, access_version
"""
ADD = f"""
INSERT INTO users ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id
"""
ADD_BALANCE = "INSERT INTO balances (user_id, available) VALUES ($1, $2)"
ADD_GRANT = "INSERT INTO transfers (reference, kind, user_id, amount) VALUES ($1, $2, $3, $4)"
COUNT_GUEST = """
INSERT INTO guest_days AS known (day, guests) SELECT (now() AT TIME ZONE 'utc')::date, 1 WHERE $1 > 0
ON CONFLICT (day) DO UPDATE SET guests = known.guests + 1 WHERE known.guests < $1
RETURNING guests
"""
GUEST = f"SELECT {COLUMNS} FROM users WHERE guest_key = $1"
GET = f"SELECT {COLUMNS} FROM users WHERE id = $1 AND closed_at IS NULL"
BY_EMAIL = f"SELECT {COLUMNS} FROM users WHERE email = $1 AND password_hash IS NOT NULL"
# The condition of the index `users_listed_idx`.
PAGE = f"""
SELECT {COLUMNS} FROM users WHERE role <> 'guest' AND closed_at IS NULL AND id < $1
ORDER BY id DESC LIMIT {hidden("$2")}
"""
# The operators compare by code point, whatever the collation of the database. A closed account has no
# address.
WITH_EMAIL = f"""
SELECT {COLUMNS} FROM users WHERE email ~>=~ $1 AND email ~<~ $2 AND email ~>~ $3
ORDER BY email USING ~<~ LIMIT {hidden("$4")}
"""
LAST_CHARACTER = chr(0x10FFFF)
REPLACE_HASH = """
UPDATE users SET password_hash = $2, access_version = access_version + 1
WHERE id = $1 AND closed_at IS NULL RETURNING id
"""
END_SESSIONS = "DELETE FROM refresh_tokens WHERE user_id = $1"
END_API_KEYS = "DELETE FROM api_keys WHERE user_id = $1"
END_LINKS = "DELETE FROM telegram_links WHERE user_id = $1 AND chat_id IS NULL"
CHANGE_ACCESS = "UPDATE users SET blocked_at = $2 WHERE id = $1 AND closed_at IS NULL RETURNING id"
CHANGE_ROLE = "UPDATE users SET role = $2 WHERE id = $1 AND closed_at IS NULL RETURNING id"


@dataclass(frozen=True, slots=True)
class PostgresUsers(Users):
    pool: Pool
    reads: Reads

    @override
    async def add(self, new: NewUser, *, act: Act | None = None) -> None:
        async with transaction(self.pool) as connection:
            if not await add_user(connection, new):
                raise EmailTaken
            await note(connection, act)

    @override
    async def add_guest(self, new: NewUser, *, most_per_day: int) -> User | None:
        assert new.guest_key is not None
        if known := await self.guest(new.guest_key):
            return known
        async with transaction(self.pool) as connection:
            if await connection.fetchval(COUNT_GUEST, most_per_day) is None:
                return None
            if await add_user(connection, new):
                return new.user
        return await self.guest(new.guest_key)  # a concurrent request was faster

    @override
    async def guest(self, guest_key: bytes) -> User | None:
        rows = await fetch(self.pool, GUEST, guest_key)
        return user_of(rows[0]) if rows else None

    @override
    async def get(self, user_id: UserId) -> User:
        return user_of(_one(await fetch(self.pool, GET, user_id)))

    @override
    async def by_email(self, email: str) -> Secret | None:
        rows = await fetch(self.pool, BY_EMAIL, email)
        return Secret(user_of(rows[0]), rows[0]["password_hash"]) if rows else None

    @override
    async def secret(self, user_id: UserId) -> Secret:
        row = _one(await fetch(self.pool, GET, user_id))
        if row["password_hash"] is None:
            raise UserNotFound
        return Secret(user_of(row), row["password_hash"])

    @override
    async def page(self, *, limit: int, before: UserId | None = None) -> Sequence[User]:
        return [user_of(row) for row in await self.reads.fetch(PAGE, before or LAST, limit)]

    @override
    async def with_email(self, prefix: str, *, limit: int, after: str | None = None) -> Sequence[User]:
        if not is_storable(prefix):
            return []
        values = prefix, prefix + LAST_CHARACTER, after or "", limit
        return [user_of(row) for row in await self.reads.fetch(WITH_EMAIL, *values)]

    @override
    async def change_password(
        self, user_id: UserId, password_hash: str, *, end_api_keys: bool = False, act: Act | None = None
    ) -> None:
        async with transaction(self.pool) as connection:
            _one(await connection.fetch(REPLACE_HASH, user_id, password_hash))
            await connection.execute(END_SESSIONS, user_id)
            await connection.execute(END_LINKS, user_id)
            if end_api_keys:
                await connection.execute(END_API_KEYS, user_id)
            await note(connection, act)

    @override
    async def change_role(self, user: User, *, act: Act | None = None) -> None:
        async with transaction(self.pool) as connection:
            _one(await connection.fetch(CHANGE_ROLE, user.id, user.role))
            await note(connection, act)

    @override
    async def change_access(self, user: User, *, act: Act | None = None) -> None:
        async with transaction(self.pool) as connection:
            _one(await connection.fetch(CHANGE_ACCESS, user.id, user.blocked_at))
            if user.blocked_at:
                await connection.execute(END_SESSIONS, user.id)
            await note(connection, act)


async def add_user(connection: Connection, new: NewUser) -> bool:
    """Add a user with a balance. Returns False if the e-mail address or the guest's key is taken."""
    user, grant = new.user, new.grant
    added = await connection.fetchval(
        ADD,
        user.id,
        user.role,
        user.email,
        new.password_hash,
        new.guest_key,
        user.created_at,
        user.closed_at,
        user.blocked_at,
        user.access_version,
    )
    if added is None:
        return False
    await connection.execute(ADD_BALANCE, user.id, grant.amount if grant else 0)
    if grant:
        await connection.execute(ADD_GRANT, grant.reference, grant.kind, user.id, grant.amount)
    return True


def user_of(row: Record) -> User:
    return User(
        id=row["id"],
        role=Role(row["role"]),
        email=row["email"],
        created_at=row["created_at"],
        closed_at=row["closed_at"],
        blocked_at=row["blocked_at"],
        access_version=row["access_version"],
    )


def _one(rows: Sequence[Record]) -> Record:
    if not rows:
        raise UserNotFound
    return rows[0]
