import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.webhooks.ports import WebhookDeliveries
from augury.domain.identifiers import DeliveryId, WebhookId
from augury.domain.webhook import EventType
from augury.domain.webhook_delivery import DeliveryNotFound, DeliveryStatus, WebhookDelivery, last_try
from augury.outbound.postgres.pages import LAST, first_at, hidden, newest_first, within
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.reads import Reads

NAMES = (
    *("id", "webhook_id", "event", "subject", "facts", "occurred_at", "status", "tries", "due_at"),
    *("tried_at", "status_code", "error", "milliseconds", "finished_at"),
)
COLUMNS = ", ".join(NAMES)
ADD = """
INSERT INTO webhook_deliveries (id, webhook_id, event, facts, occurred_at, due_at)
VALUES ($1, $2, $3, $4::jsonb, $5, now())
"""
PAGE = f"""
SELECT {COLUMNS} FROM webhook_deliveries WHERE {within("webhook_id, id", "$1", before="$2")}
ORDER BY {newest_first("webhook_id, id")} LIMIT {hidden("$3")}
"""
_REPLAYED = "status = 'waiting', tries = 0, due_at = now(), finished_at = NULL"
# A delivery that is being sent, or that will be taken over from a dead process, stays as it is.
REPLAY = f"""
WITH found AS (
    SELECT id, token FROM webhook_deliveries WHERE webhook_id = $1 AND id = $2 FOR UPDATE
), again AS (
    UPDATE webhook_deliveries SET {_REPLAYED}
    WHERE id = (SELECT id FROM found WHERE token IS NULL) RETURNING {COLUMNS}
)
SELECT {COLUMNS} FROM again
UNION ALL
SELECT {COLUMNS} FROM webhook_deliveries WHERE id = (SELECT id FROM found WHERE token IS NOT NULL)
"""
REPLAY_RANGE = f"""
WITH found AS (
    SELECT id FROM webhook_deliveries
    WHERE {within("webhook_id, id", "$1", before="$3", since="$2")}
        AND due_at IS NULL AND (NOT $4 OR status <> 'delivered')
    ORDER BY webhook_id, id LIMIT {hidden("$5")} FOR UPDATE
), again AS (
    UPDATE webhook_deliveries SET {_REPLAYED} WHERE id = ANY (ARRAY (SELECT id FROM found)) RETURNING 1
)
SELECT count(*) FROM again
"""


@dataclass(frozen=True, slots=True)
class PostgresWebhookDeliveries(WebhookDeliveries):
    pool: Pool
    reads: Reads

    @override
    async def add(self, delivery: WebhookDelivery) -> None:
        facts = json.dumps(dict(delivery.facts)) if delivery.facts else None
        await fetch(
            self.pool,
            ADD,
            *(delivery.id, delivery.webhook_id, delivery.event, facts, delivery.occurred_at),
        )

    @override
    async def page(
        self, webhook_id: WebhookId, *, limit: int, before: DeliveryId | None = None
    ) -> Sequence[WebhookDelivery]:
        rows = await self.reads.fetch(PAGE, webhook_id, before or LAST, limit)
        return [delivery_of(row) for row in rows]

    @override
    async def replay(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> WebhookDelivery:
        rows = await fetch(self.pool, REPLAY, webhook_id, delivery_id)
        if not rows:
            raise DeliveryNotFound(delivery_id=delivery_id)
        return delivery_of(rows[0])

    @override
    async def replay_range(
        self, webhook_id: WebhookId, *, since: datetime, until: datetime, only_failed: bool, limit: int
    ) -> int:
        window = first_at(since), first_at(until)
        rows = await fetch(self.pool, REPLAY_RANGE, webhook_id, *window, only_failed, limit)
        return int(rows[0][0])


def delivery_of(row: Record) -> WebhookDelivery:
    return WebhookDelivery(
        id=row["id"],
        webhook_id=row["webhook_id"],
        event=EventType(row["event"]),
        subject=row["subject"],
        facts=json.loads(row["facts"]) if row["facts"] else None,
        occurred_at=row["occurred_at"],
        status=DeliveryStatus(row["status"]),
        tries=row["tries"],
        due_at=row["due_at"],
        last=last_try(row["tried_at"], row["status_code"], row["error"], row["milliseconds"]),
        finished_at=row["finished_at"],
    )
