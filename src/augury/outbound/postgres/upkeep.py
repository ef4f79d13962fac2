from dataclasses import dataclass

from asyncpg import Pool
from typing_extensions import override

from augury.application.predictions.ports import Upkeep
from augury.outbound.postgres.query import fetch

AT_ONCE = 5_000
"""The most records that one statement deletes or empties, so that none holds locks for long."""

# A bot that was down may handle a chat's message again, so its key is kept as long as its reply.
PURGES = [
    """
    WITH gone AS (
        DELETE FROM idempotency_keys WHERE (user_id, key) IN (
            SELECT user_id, key FROM idempotency_keys WHERE created_at < now() - interval '24 hours'
                AND (key NOT LIKE 'telegram:%' OR created_at < now() - interval '9 days') LIMIT $1
        ) RETURNING 1
    ) SELECT count(*) FROM gone
    """,
    """
    WITH gone AS (
        DELETE FROM refresh_tokens WHERE digest IN (
            SELECT digest FROM refresh_tokens WHERE expires_at <= now() LIMIT $1
        ) RETURNING 1
    ) SELECT count(*) FROM gone
    """,
    """
    WITH gone AS (
        DELETE FROM api_keys WHERE id IN (
            SELECT id FROM api_keys WHERE expires_at <= now() LIMIT $1
        ) RETURNING 1
    ) SELECT count(*) FROM gone
    """,
    """
    WITH gone AS (
        DELETE FROM throttle WHERE key IN (
            SELECT key FROM throttle WHERE ends_at <= now() LIMIT $1
        ) RETURNING 1
    ) SELECT count(*) FROM gone
    """,
    """
    WITH gone AS (
        DELETE FROM telegram_updates WHERE id IN (
            SELECT id FROM telegram_updates
            WHERE payload IS NULL AND received_at < now() - interval '2 days' LIMIT $1
        ) RETURNING 1
    ) SELECT count(*) FROM gone
    """,
    """
    WITH gone AS (
        DELETE FROM notices WHERE prediction_id IN (
            SELECT prediction_id FROM notices WHERE due_at < now() - interval '9 days' LIMIT $1
        ) RETURNING 1
    ) SELECT count(*) FROM gone
    """,
    """
    WITH gone AS (
        DELETE FROM telegram_replies WHERE prediction_id IN (
            SELECT prediction_id FROM telegram_replies r WHERE created_at < now() - interval '9 days'
                AND NOT EXISTS (SELECT FROM notices n WHERE n.prediction_id = r.prediction_id)
                AND NOT EXISTS (SELECT FROM unfinished u WHERE u.prediction_id = r.prediction_id)
            LIMIT $1
        ) RETURNING 1
    ) SELECT count(*) FROM gone
    """,
    # Checks only guests that still have a key: those of two days, however many there were before.
    """
    WITH gone AS (
        UPDATE users SET guest_key = NULL WHERE id IN (
            SELECT id FROM users JOIN balances ON user_id = id
            WHERE guest_key IS NOT NULL AND created_at < now() - interval '2 days' AND pending = 0 LIMIT $1
        ) RETURNING id
    ), forgotten AS (
        UPDATE predictions SET input = NULL, output = NULL, errors = NULL, warnings = NULL
        WHERE user_id = ANY (ARRAY (SELECT id FROM gone))
    ) SELECT count(*) FROM gone
    """,
]


@dataclass(frozen=True, slots=True)
class PostgresUpkeep(Upkeep):
    pool: Pool

    @override
    async def purge(self) -> int:
        return sum([await self._purge(statement) for statement in PURGES])

    async def _purge(self, statement: str) -> int:
        purged = 0
        while True:
            gone = int((await fetch(self.pool, statement, AT_ONCE))[0][0])
            purged += gone
            if gone < AT_ONCE:
                return purged
