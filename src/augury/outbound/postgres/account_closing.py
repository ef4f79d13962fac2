"""Closes an account: deletes the personal data and keeps the books."""

from sqlalchemy import bindparam, delete, or_, select, update

from augury.domain.user import User
from augury.outbound.postgres.pool import Connection
from augury.outbound.postgres.query import query
from augury.outbound.postgres.tables import (
    api_keys,
    balances,
    idempotency_keys,
    predictions,
    refresh_tokens,
    users,
)
from augury.outbound.postgres.telegram_tables import chats, links, notices, replies

CLOSE = query(
    update(users)
    .where(users.c.id == bindparam("user_id"))
    .values(email=bindparam("email"), closed_at=bindparam("closed_at"), password_hash=None, guest_key=None)
)
FORGET = query(
    update(predictions)
    .where(
        predictions.c.user_id == bindparam("user_id"),
        or_(*(predictions.c[name].is_not(None) for name in ("input", "output", "errors", "warnings"))),
    )
    .values(input=None, output=None, errors=None, warnings=None)
)
_theirs = select(predictions.c.id).where(predictions.c.user_id == bindparam("user_id"))
DELETIONS = [
    *(
        query(delete(table).where(table.c.user_id == bindparam("user_id")))
        for table in (balances, refresh_tokens, api_keys, idempotency_keys, chats, links)
    ),
    *(query(delete(table).where(table.c.prediction_id.in_(_theirs))) for table in (notices, replies)),
]


async def close(connection: Connection, user: User) -> None:
    await connection.execute(*CLOSE(user_id=user.id, email=user.email, closed_at=user.closed_at))
    for statement in (FORGET, *DELETIONS):
        await connection.execute(*statement(user_id=user.id))
