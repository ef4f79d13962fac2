from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Pool, Record
from sqlalchemy import Uuid, bindparam, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from augury.application.people.ports import NewUser, Secret, Users
from augury.domain.identifiers import UserId
from augury.domain.user import EmailTaken, Role, User, UserNotFound
from augury.outbound.postgres.pool import Connection, transaction
from augury.outbound.postgres.query import fetch, query
from augury.outbound.postgres.tables import api_keys, balances, refresh_tokens, transfers, users

IS_OPEN = users.c.closed_at.is_(None)
ITSELF = users.c.id == bindparam("user_id")

ADD = query(upsert(users).on_conflict_do_nothing().returning(users.c.id))
ADD_BALANCE = query(insert(balances).values(user_id=bindparam("user_id"), available=bindparam("available")))
ADD_GRANT = query(
    insert(transfers).values({name: bindparam(name) for name in ("reference", "kind", "user_id", "amount")})
)
COUNT_GUEST = """
INSERT INTO guest_days AS known (day, guests) SELECT (now() AT TIME ZONE 'utc')::date, 1 WHERE $1 > 0
ON CONFLICT (day) DO UPDATE SET guests = known.guests + 1 WHERE known.guests < $1
RETURNING guests
"""
GUEST = query(select(users).where(users.c.guest_key == bindparam("guest_key")))
GET = query(select(users).where(ITSELF, IS_OPEN))
BY_EMAIL = query(select(users).where(users.c.email == bindparam("email"), users.c.password_hash.is_not(None)))

_before = bindparam("before", type_=Uuid)
PAGE = query(
    select(users)
    .where(users.c.role != Role.GUEST, IS_OPEN, or_(_before.is_(None), users.c.id < _before))
    .order_by(users.c.id.desc())
    .limit(bindparam("most"))
)
CHANGE_PASSWORD = query(
    update(users)
    .where(ITSELF, IS_OPEN)
    .values(password_hash=bindparam("new"), access_version=users.c.access_version + 1)
    .returning(users.c.id)
)
END_SESSIONS = query(delete(refresh_tokens).where(refresh_tokens.c.user_id == bindparam("user_id")))
END_API_KEYS = query(delete(api_keys).where(api_keys.c.user_id == bindparam("user_id")))
END_LINKS = "DELETE FROM telegram_links WHERE user_id = $1 AND chat_id IS NULL"
CHANGE_ACCESS = query(
    update(users).where(ITSELF, IS_OPEN).values(blocked_at=bindparam("since")).returning(users.c.id)
)
CHANGE_ROLE = query(update(users).where(ITSELF, IS_OPEN).values(role=bindparam("new")).returning(users.c.id))


@dataclass(frozen=True, slots=True)
class PostgresUsers(Users):
    pool: Pool

    @override
    async def add(self, new: NewUser) -> None:
        async with transaction(self.pool) as connection:
            if not await add_user(connection, new):
                raise EmailTaken

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
        rows = await fetch(self.pool, *GUEST(guest_key=guest_key))
        return user_of(rows[0]) if rows else None

    @override
    async def get(self, user_id: UserId) -> User:
        return user_of(_one(await fetch(self.pool, *GET(user_id=user_id))))

    @override
    async def by_email(self, email: str) -> Secret | None:
        rows = await fetch(self.pool, *BY_EMAIL(email=email))
        return Secret(user_of(rows[0]), rows[0]["password_hash"]) if rows else None

    @override
    async def secret(self, user_id: UserId) -> Secret:
        row = _one(await fetch(self.pool, *GET(user_id=user_id)))
        if row["password_hash"] is None:
            raise UserNotFound
        return Secret(user_of(row), row["password_hash"])

    @override
    async def page(self, *, limit: int, before: UserId | None = None) -> Sequence[User]:
        return [user_of(row) for row in await fetch(self.pool, *PAGE(most=limit, before=before))]

    @override
    async def change_password(
        self, user_id: UserId, password_hash: str, *, end_api_keys: bool = False
    ) -> None:
        async with transaction(self.pool) as connection:
            _one(await connection.fetch(*CHANGE_PASSWORD(user_id=user_id, new=password_hash)))
            await connection.execute(*END_SESSIONS(user_id=user_id))
            await connection.execute(END_LINKS, user_id)
            if end_api_keys:
                await connection.execute(*END_API_KEYS(user_id=user_id))

    @override
    async def change_role(self, user: User) -> None:
        _one(await fetch(self.pool, *CHANGE_ROLE(user_id=user.id, new=user.role)))

    @override
    async def change_access(self, user: User) -> None:
        async with transaction(self.pool) as connection:
            _one(await connection.fetch(*CHANGE_ACCESS(user_id=user.id, since=user.blocked_at)))
            if user.blocked_at:
                await connection.execute(*END_SESSIONS(user_id=user.id))


async def add_user(connection: Connection, new: NewUser) -> bool:
    """Add a user with a balance. Answers False if the e-mail address or the guest's key is taken."""
    user, grant = new.user, new.grant
    added = await connection.fetchval(
        *ADD(
            id=user.id,
            role=user.role,
            email=user.email,
            password_hash=new.password_hash,
            guest_key=new.guest_key,
            created_at=user.created_at,
            closed_at=user.closed_at,
            blocked_at=user.blocked_at,
            access_version=user.access_version,
        )
    )
    if added is None:
        return False
    await connection.execute(*ADD_BALANCE(user_id=user.id, available=grant.amount if grant else 0))
    if grant:
        await connection.execute(
            *ADD_GRANT(reference=grant.reference, kind=grant.kind, user_id=user.id, amount=grant.amount)
        )
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
