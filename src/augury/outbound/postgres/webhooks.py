from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.webhooks.ports import UntoldWebhook, Webhooks
from augury.domain.identifiers import UserId, WebhookId
from augury.domain.user import UserNotFound
from augury.domain.webhook import DisabledWhy, EventType, Webhook, WebhookNotFound
from augury.outbound.postgres.pages import LAST, hidden, newest_first, within
from augury.outbound.postgres.pool import Connection, transaction
from augury.outbound.postgres.query import fetch

COLUMNS = """
id, user_id, url, events, description, balance_below, generation, rotated_at, created_at, failing_since,
paused_until, disabled_at, disabled_why, oldest_signing
"""
# The balance is locked first, so that a settlement sees either none or all of a new webhook.
LOCK_OWNER = "SELECT user_id FROM balances WHERE user_id = $1 FOR UPDATE"
COUNT = "SELECT count(*) FROM webhooks WHERE user_id = $1"
ADD = f"""
INSERT INTO webhooks ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
MARK_OWNER = """
UPDATE balances SET webhooks = EXISTS (SELECT FROM webhooks WHERE user_id = $1), low_below = (
    SELECT max(balance_below) FROM webhooks WHERE user_id = $1 AND 'balance.low' = ANY (events)
) WHERE user_id = $1
"""
GET = f"SELECT {COLUMNS} FROM webhooks WHERE id = $1 AND user_id = $2"
LOCK = f"{GET} FOR UPDATE"
PAGE = f"""
SELECT {COLUMNS} FROM webhooks WHERE {within("user_id, id", "$1", before="$2")}
ORDER BY {newest_first("user_id, id")} LIMIT {hidden("$3")}
"""
FAILING = f"""
SELECT {COLUMNS} FROM webhooks WHERE id < $1 AND (
    disabled_why IN ('gone', 'failing') OR (disabled_why IS NULL AND failing_since IS NOT NULL)
) ORDER BY id DESC LIMIT {hidden("$2")}
"""
CHANGE = """
UPDATE webhooks SET url = $3, events = $4, description = $5, balance_below = $6, generation = $7,
    rotated_at = $8, failing_since = $10, paused_until = $11, disabled_at = $12, disabled_why = $13,
    oldest_signing = $14, told_at = CASE WHEN $12::timestamptz IS NULL THEN NULL ELSE told_at END
WHERE id = $1 AND user_id = $2 AND created_at = $9
"""
REMOVE = "DELETE FROM webhooks WHERE id = $1 AND user_id = $2 RETURNING id"
REMOVE_DELIVERIES = "DELETE FROM webhook_deliveries WHERE webhook_id = $1"
_OF_WEBHOOK = ", ".join(f"hook.{name.strip()}" for name in COLUMNS.split(","))
UNTOLD = f"""
SELECT {_OF_WEBHOOK}, chat.id AS chat_id, chat.language
FROM webhooks hook JOIN telegram_chats chat USING (user_id)
WHERE hook.told_at IS NULL AND hook.disabled_why IN ('gone', 'failing') AND NOT chat.gone
ORDER BY hook.user_id LIMIT {hidden("$1")}
"""
TOLD = "UPDATE webhooks SET told_at = now() WHERE id = $1"


@dataclass(frozen=True, slots=True)
class PostgresWebhooks(Webhooks):
    pool: Pool

    @override
    async def add(self, webhook: Webhook, *, most: int) -> bool:
        async with transaction(self.pool) as connection:
            if await connection.fetchval(LOCK_OWNER, webhook.user_id) is None:
                raise UserNotFound
            if await connection.fetchval(COUNT, webhook.user_id) >= most:
                return False
            await connection.execute(ADD, *_values(webhook))
            await connection.execute(MARK_OWNER, webhook.user_id)
        return True

    @override
    async def get(self, webhook_id: WebhookId, *, owner: UserId) -> Webhook:
        rows = await fetch(self.pool, GET, webhook_id, owner)
        if not rows:
            raise WebhookNotFound(webhook_id=webhook_id)
        return webhook_of(rows[0])

    @override
    async def page(self, owner: UserId, *, limit: int, before: WebhookId | None = None) -> Sequence[Webhook]:
        return [webhook_of(row) for row in await fetch(self.pool, PAGE, owner, before or LAST, limit)]

    @override
    async def failing(self, *, limit: int, before: WebhookId | None = None) -> Sequence[Webhook]:
        return [webhook_of(row) for row in await fetch(self.pool, FAILING, before or LAST, limit)]

    @override
    async def change(
        self, webhook_id: WebhookId, how: Callable[[Webhook], Webhook], *, owner: UserId
    ) -> Webhook:
        async with transaction(self.pool) as connection:
            await connection.execute(LOCK_OWNER, owner)
            row = await connection.fetchrow(LOCK, webhook_id, owner)
            if row is None:
                raise WebhookNotFound(webhook_id=webhook_id)
            changed = how(webhook_of(row))
            await connection.execute(CHANGE, *_values(changed))
            await connection.execute(MARK_OWNER, owner)
        return changed

    @override
    async def remove(self, webhook_id: WebhookId, *, owner: UserId) -> None:
        async with transaction(self.pool) as connection:
            await connection.execute(LOCK_OWNER, owner)
            if await connection.fetchval(REMOVE, webhook_id, owner) is None:
                raise WebhookNotFound(webhook_id=webhook_id)
            await connection.execute(REMOVE_DELIVERIES, webhook_id)
            await connection.execute(MARK_OWNER, owner)

    @override
    async def untold(self, limit: int) -> Sequence[UntoldWebhook]:
        return [
            UntoldWebhook(webhook_of(row), row["chat_id"], row["language"])
            for row in await fetch(self.pool, UNTOLD, limit)
        ]

    @override
    async def told(self, webhook_id: WebhookId) -> None:
        await fetch(self.pool, TOLD, webhook_id)


OF_USER = "SELECT id FROM webhooks WHERE user_id = $1"
REMOVE_ALL = [
    f"DELETE FROM webhook_deliveries WHERE webhook_id = ANY (ARRAY ({OF_USER}))",
    "DELETE FROM webhooks WHERE user_id = $1",
]
"""Delete the webhooks of a closed account, and their deliveries."""


async def remove_all(connection: Connection, user_id: UserId) -> None:
    for statement in REMOVE_ALL:
        await connection.execute(statement, user_id)


def webhook_of(row: Record, prefix: str = "") -> Webhook:
    """The webhook from the columns `COLUMNS`, whose names may have a prefix."""
    why = row[f"{prefix}disabled_why"]
    return Webhook(
        id=row[f"{prefix}id"],
        user_id=row[f"{prefix}user_id"],
        url=row[f"{prefix}url"],
        events=tuple(EventType(each) for each in row[f"{prefix}events"]),
        description=row[f"{prefix}description"],
        balance_below=row[f"{prefix}balance_below"],
        generation=row[f"{prefix}generation"],
        rotated_at=row[f"{prefix}rotated_at"],
        created_at=row[f"{prefix}created_at"],
        failing_since=row[f"{prefix}failing_since"],
        paused_until=row[f"{prefix}paused_until"],
        disabled_at=row[f"{prefix}disabled_at"],
        disabled_why=DisabledWhy(why) if why else None,
        oldest_signing=row[f"{prefix}oldest_signing"],
    )


def _values(webhook: Webhook) -> tuple[object, ...]:
    """The values of `COLUMNS`."""
    return (
        *(webhook.id, webhook.user_id, webhook.url, list(webhook.events), webhook.description),
        *(webhook.balance_below, webhook.generation, webhook.rotated_at, webhook.created_at),
        *(webhook.failing_since, webhook.paused_until, webhook.disabled_at, webhook.disabled_why),
        webhook.oldest_signing,
    )
