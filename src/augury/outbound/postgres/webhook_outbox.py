"""Writes deliveries of webhooks, in the same statements or transactions as their events.

`balances.webhooks` says whether a user has webhooks. A settlement locks the balances anyway, so it looks up
webhooks only for users who have some. A trigger on the balances, which sees every change, writes the event
`balance.low` (migration 0026).
"""

import json
from dataclasses import dataclass

from asyncpg import Pool
from typing_extensions import override

from augury.application.webhooks.ports import WebhookOutbox
from augury.domain.identifiers import UserId
from augury.domain.model import ModelRef
from augury.domain.webhook import EventType
from augury.domain.webhook_delivery import Facts, facts_of_version
from augury.outbound.postgres.pool import Connection
from augury.outbound.postgres.query import fetch

NEW_ID = """
encode(set_bit(set_bit(overlay(
    uuid_send(gen_random_uuid())
    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6
), 52, 1), 53, 1), 'hex')::uuid
"""
"""A UUID of version 7: the bits 52 and 53 turn version 4 into version 7."""


def telling(event: EventType, *, of: str, users: str, subject: str = "NULL", facts: str = "NULL") -> str:
    """The INSERT of a delivery for each webhook that wants the event, for each row of `of`.

    `of` has the column `user_id`. `users` is the array of the users who have webhooks.
    """
    return f"""
    INSERT INTO webhook_deliveries (id, webhook_id, event, subject, facts, occurred_at, due_at)
    SELECT {NEW_ID}, hook.id, '{event}', {subject}, {facts}, now(), now()
    FROM {of} AS told JOIN webhooks hook ON hook.user_id = told.user_id
    WHERE told.user_id = ANY ({users}) AND hook.user_id = ANY ({users})
        AND hook.disabled_at IS NULL AND '{event}' = ANY (hook.events)
    """


TELL_VERSION = f"""
INSERT INTO webhook_deliveries (id, webhook_id, event, facts, occurred_at, due_at)
SELECT {NEW_ID}, id, '{EventType.MODEL_VERSION_CHANGED}', $1::jsonb, now(), now()
FROM webhooks WHERE disabled_at IS NULL AND '{EventType.MODEL_VERSION_CHANGED}' = ANY (events)
"""
PUT = f"""
INSERT INTO webhook_deliveries (id, webhook_id, event, facts, once, occurred_at, due_at)
SELECT {NEW_ID}, id, $2, $3::jsonb, $4, now(), now()
FROM webhooks WHERE user_id = $1 AND disabled_at IS NULL AND $2 = ANY (events)
ON CONFLICT DO NOTHING
"""


async def tell_version(connection: Connection, ref: ModelRef, before: ModelRef | None) -> None:
    """Add deliveries for all webhooks that want to know of a model's new active version."""
    await connection.execute(TELL_VERSION, json.dumps(dict(facts_of_version(ref, before))))


@dataclass(frozen=True, slots=True)
class PostgresWebhookOutbox(WebhookOutbox):
    pool: Pool

    @override
    async def put(self, user_id: UserId, event: EventType, facts: Facts, *, once: str | None = None) -> None:
        await fetch(self.pool, PUT, user_id, event, json.dumps(dict(facts)), once)
