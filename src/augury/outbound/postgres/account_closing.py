"""Closes an account: deletes the personal data and keeps the books."""

from augury.domain.user import User
from augury.outbound.postgres.pool import Connection
from augury.outbound.postgres.webhooks import remove_all

CLOSE = "UPDATE users SET email = $2, closed_at = $3, password_hash = NULL, guest_key = NULL WHERE id = $1"
FORGET = [
    """
    UPDATE predictions SET input = NULL, output = NULL, errors = NULL, warnings = NULL
    WHERE user_id = $1 AND (
        input IS NOT NULL OR output IS NOT NULL OR errors IS NOT NULL OR warnings IS NOT NULL
    )
    """,
    "DELETE FROM balances WHERE user_id = $1",
    "DELETE FROM free_changes WHERE user_id = $1",
    "DELETE FROM refresh_tokens WHERE user_id = $1",
    "DELETE FROM api_keys WHERE user_id = $1",
    "DELETE FROM idempotency_keys WHERE user_id = $1",
    """
    DELETE FROM telegram_sign_ins
    WHERE chat_id IN (SELECT id FROM telegram_chats WHERE user_id = $1)
    """,
    "DELETE FROM telegram_chats WHERE user_id = $1",
    "DELETE FROM telegram_links WHERE user_id = $1",
    "DELETE FROM telegram_batches WHERE batch_id IN (SELECT id FROM batches WHERE user_id = $1)",
    "DELETE FROM notices WHERE prediction_id IN (SELECT id FROM predictions WHERE user_id = $1)",
    "DELETE FROM telegram_replies WHERE prediction_id IN (SELECT id FROM predictions WHERE user_id = $1)",
]


async def close(connection: Connection, user: User) -> None:
    await connection.execute(CLOSE, user.id, user.email, user.closed_at)
    for statement in FORGET:
        await connection.execute(statement, user.id)
    await remove_all(connection, user.id)
