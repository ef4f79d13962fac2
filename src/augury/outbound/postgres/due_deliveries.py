from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from asyncpg import Pool
from typing_extensions import override

from augury.application.webhooks.ports import (
    MOST_COUNTED,
    DueDeliveries,
    DueDelivery,
    TakeTerms,
    Tried,
    WebhookBacklog,
)
from augury.domain.webhook import PATIENCE
from augury.domain.webhook_try import GONE
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.reads import Reads
from augury.outbound.postgres.upkeep import purge, purge_statement
from augury.outbound.postgres.webhook_deliveries import COLUMNS, NAMES, delivery_of
from augury.outbound.postgres.webhooks import COLUMNS as WEBHOOK_COLUMNS
from augury.outbound.postgres.webhooks import webhook_of

MOST_DROPPED = 1_000
"""The most deliveries of one webhook that a take drops."""

# The index finds the webhooks with unfinished deliveries one by one, however many deliveries each has. A
# webhook gets only as many places as it may use, so that few rows are locked; then all webhooks take turns.
_WAITING = """
WITH RECURSIVE waiting (webhook_id) AS (
    (SELECT webhook_id FROM webhook_deliveries WHERE due_at IS NOT NULL ORDER BY webhook_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT webhook_id FROM webhook_deliveries
        WHERE due_at IS NOT NULL AND webhook_id > waiting.webhook_id ORDER BY webhook_id LIMIT 1
    )
    FROM waiting WHERE waiting.webhook_id IS NOT NULL
)
"""
_HOOK = ", ".join(f"hook.{each.strip()} AS hook_{each.strip()}" for each in WEBHOOK_COLUMNS.split(","))
TAKE = f"""
{_WAITING}, open AS (
    SELECT waiting.webhook_id, hook.id IS NULL OR hook.disabled_at IS NOT NULL AS is_closed,
        hook.failing_since IS NOT NULL AS is_failing,
        CASE
            WHEN hook.id IS NULL OR hook.disabled_at IS NOT NULL THEN {MOST_DROPPED}
            ELSE CASE WHEN hook.failing_since IS NULL THEN $5::int ELSE 1 END - coalesce(busy.under_way, 0)
        END AS room
    FROM waiting LEFT JOIN webhooks hook ON hook.id = waiting.webhook_id
        LEFT JOIN unnest($6::uuid[], $7::int[]) AS busy (webhook_id, under_way)
            ON busy.webhook_id = waiting.webhook_id
    WHERE waiting.webhook_id IS NOT NULL AND (hook.paused_until IS NULL OR hook.paused_until <= now())
), found AS (
    SELECT due.id, due.due_at, is_closed, is_failing,
        row_number() OVER (PARTITION BY open.webhook_id ORDER BY due.due_at, due.id) AS place
    FROM open CROSS JOIN LATERAL (
        SELECT id, due_at FROM webhook_deliveries d
        WHERE d.webhook_id = open.webhook_id AND d.due_at <= now()
        ORDER BY d.due_at LIMIT greatest(open.room, 0) FOR UPDATE SKIP LOCKED
    ) AS due
), dropped AS (
    UPDATE webhook_deliveries SET status = 'dropped', due_at = NULL, token = NULL, finished_at = now()
    WHERE id = ANY (ARRAY (SELECT id FROM found WHERE is_closed))
), ranked AS (
    SELECT id, due_at, is_failing, place,
        row_number() OVER (PARTITION BY is_failing ORDER BY place, due_at, id) AS rank
    FROM found WHERE NOT is_closed
), chosen AS (
    SELECT id FROM ranked WHERE NOT is_failing OR rank <= $4 ORDER BY place, due_at, id LIMIT $3
), taken AS (
    UPDATE webhook_deliveries SET due_at = now() + $2::interval, token = $1
    WHERE id = ANY (ARRAY (SELECT id FROM chosen)) RETURNING {COLUMNS}
)
SELECT {", ".join(f"taken.{each}" for each in NAMES)}, {_HOOK}
FROM taken JOIN webhooks hook ON hook.id = taken.webhook_id
WHERE hook.id = ANY (ARRAY (SELECT webhook_id FROM taken))
"""

# The statement changes webhooks as `Webhook.after` does.
RECORD = """
WITH tried AS (
    SELECT id, status, wait, status_code, error, milliseconds, is_success, pause
    FROM unnest(
        $2::uuid[], $3::text[], $4::float8[], $5::int[], $6::text[], $7::int[], $8::bool[], $9::float8[]
    ) AS tried (id, status, wait, status_code, error, milliseconds, is_success, pause)
), ours AS (
    SELECT id FROM webhook_deliveries WHERE id = ANY ($2) AND token = $1 ORDER BY id FOR UPDATE
), recorded AS (
    UPDATE webhook_deliveries d SET
        tries = d.tries + 1, status = tried.status, token = NULL, tried_at = now(),
        due_at = now() + tried.wait * interval '1 second',
        finished_at = CASE WHEN tried.wait IS NULL THEN now() END,
        status_code = tried.status_code, error = tried.error, milliseconds = tried.milliseconds
    FROM ours JOIN tried USING (id) WHERE d.id = ours.id AND d.id = ANY ($2)
    RETURNING d.webhook_id, tried.is_success, tried.status_code, tried.pause
), summed AS (
    SELECT webhook_id, bool_or(is_success) AS is_success, max(pause) AS pause,
        coalesce(bool_or(status_code = $10), false) AS is_gone
    FROM recorded GROUP BY webhook_id
), locked AS (
    SELECT id FROM webhooks WHERE id = ANY (ARRAY (SELECT webhook_id FROM summed)) ORDER BY id FOR UPDATE
)
UPDATE webhooks hook SET
    failing_since = CASE WHEN is_success THEN NULL ELSE coalesce(failing_since, now()) END,
    paused_until = greatest(now() + pause * interval '1 second', paused_until),
    disabled_at = CASE
        WHEN disabled_at IS NULL AND (is_gone OR NOT is_success AND failing_since <= now() - $11::interval)
        THEN now() ELSE disabled_at
    END,
    disabled_why = CASE
        WHEN disabled_at IS NOT NULL THEN disabled_why
        WHEN is_gone THEN 'gone'
        WHEN NOT is_success AND failing_since <= now() - $11::interval THEN 'failing'
    END
FROM summed WHERE hook.id = summed.webhook_id AND hook.id = ANY (ARRAY (SELECT id FROM locked))
    AND (NOT is_success OR failing_since IS NOT NULL OR pause IS NOT NULL)
"""
HAND_BACK = """
UPDATE webhook_deliveries SET due_at = now(), token = NULL WHERE due_at IS NOT NULL AND token = $1
RETURNING id
"""
BACKLOG = f"""
{_WAITING}
SELECT (SELECT count(*) FROM (
    SELECT FROM webhook_deliveries WHERE due_at IS NOT NULL LIMIT {MOST_COUNTED}
) AS counted) AS waiting, coalesce(now() - min(first.due_at), interval '0') AS oldest
FROM waiting CROSS JOIN LATERAL (
    SELECT due_at FROM webhook_deliveries d WHERE d.webhook_id = waiting.webhook_id AND due_at IS NOT NULL
    ORDER BY due_at LIMIT 1
) AS first
"""
PURGE = purge_statement("webhook_deliveries", "finished_at < now() - $1::interval", by="finished_at")


@dataclass(frozen=True, slots=True)
class PostgresDueDeliveries(DueDeliveries):
    pool: Pool
    reads: Reads

    @override
    async def take(self, terms: TakeTerms) -> Sequence[DueDelivery]:
        rows = await fetch(
            self.pool,
            TAKE,
            *(terms.token, terms.lease, terms.most, terms.most_failing, terms.most_each),
            *(list(terms.under_way), list(terms.under_way.values())),
        )
        return [DueDelivery(delivery_of(row), webhook_of(row, "hook_")) for row in rows]

    @override
    async def record(self, token: UUID, tried: Sequence[Tried]) -> None:
        now = datetime.now(UTC)  # the database sets the times
        ended = [each.delivery.after(each.result, wait=each.wait, at=now) for each in tried]
        results = [each.result for each in tried]
        await fetch(
            self.pool,
            RECORD,
            token,
            [each.id for each in ended],
            [each.status for each in ended],
            [None if each.wait is None else each.wait.total_seconds() for each in tried],
            [each.status_code for each in results],
            [each.error for each in results],
            [round(each.took.total_seconds() * 1000) for each in results],
            [each.is_success for each in results],
            [None if each.pause is None else each.pause.total_seconds() for each in results],
            *(GONE, PATIENCE),
        )

    @override
    async def hand_back(self, token: UUID) -> int:
        return len(await fetch(self.pool, HAND_BACK, token))

    @override
    async def backlog(self) -> WebhookBacklog:
        row = (await self.reads.fetch(BACKLOG))[0]
        return WebhookBacklog(row["waiting"], max(row["oldest"], timedelta()))

    @override
    async def purge(self, *, keep: timedelta) -> int:
        return await purge(self.pool, PURGE, keep)
