from dataclasses import dataclass

from asyncpg import Pool
from typing_extensions import override

from augury.application.predictions.ports import Upkeep
from augury.outbound.postgres.query import fetch

AT_ONCE = 5_000
"""The most records that one statement deletes or empties, so that none holds locks for long."""


def _deleting(table: str, key: str, condition: str) -> str:
    """A statement that deletes up to `$1` rows on which the condition is true, and answers how many."""
    return f"""
    WITH gone AS (
        DELETE FROM {table} WHERE ({key}) IN (
            SELECT {key} FROM {table} WHERE {condition} LIMIT $1
        ) RETURNING 1
    ) SELECT count(*) FROM gone
    """  # of constants only


PURGES = [
    # A bot that was down may handle a chat's message again, so its key is kept as long as its reply.
    _deleting(
        "idempotency_keys",
        "user_id, key",
        "created_at < now() - interval '24 hours' "
        "AND (key NOT LIKE 'telegram:%' OR created_at < now() - interval '9 days')",
    ),
    _deleting("refresh_tokens", "digest", "expires_at <= now()"),
    _deleting("api_keys", "id", "expires_at <= now()"),
    _deleting("throttle", "key", "ends_at <= now()"),
    _deleting("telegram_updates", "id", "payload IS NULL AND received_at < now() - interval '2 days'"),
    _deleting("notices", "prediction_id", "due_at < now() - interval '9 days'"),
    _deleting(
        "telegram_replies",
        "prediction_id",
        "created_at < now() - interval '9 days' "
        "AND NOT EXISTS (SELECT FROM notices n WHERE n.prediction_id = telegram_replies.prediction_id) "
        "AND NOT EXISTS (SELECT FROM unfinished u WHERE u.prediction_id = telegram_replies.prediction_id)",
    ),
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
