"""Deletes expired records in small steps. Each step is a separate transaction, takes at most `AT_ONCE`
records from the front of an index, and has a time limit."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from asyncpg import Pool
from typing_extensions import override

from augury.application.predictions.ports.sweeping import Upkeep
from augury.application.retrying import retried
from augury.domain import retention
from augury.domain.idempotency import CHAT_PREFIX
from augury.outbound.postgres.intervals import is_older
from augury.outbound.postgres.pool import connection
from augury.outbound.postgres.query import Records

AT_ONCE = 1_000
"""The most records that one statement deletes or empties, so that none holds locks for long."""
MOST_SECONDS = 10.0
"""Seconds that one step may take: a thousand times as long as it needs."""


def purge_statement(table: str, ended: str, by: str | None = None) -> str:
    """The step that deletes the records of `table` for which the condition `ended` holds, in the order of the
    column `by`. Leave `by` out for small tables, where a sort would be the cheapest plan.

    It finds the records by `ctid`: with their keys, the planner might join the whole table.
    """
    order = f" ORDER BY {by}" if by else ""
    return f"""
        WITH gone AS (
            DELETE FROM {table} WHERE ctid = ANY (ARRAY (
                SELECT ctid FROM {table} WHERE {ended}{order} LIMIT {AT_ONCE}
            )) RETURNING 1
        ) SELECT count(*) FROM gone
    """


PURGES = [
    purge_statement(
        "idempotency_keys",
        f"{is_older('created_at', retention.IDEMPOTENCY_KEYS)} AND NOT (key LIKE '{CHAT_PREFIX}%')",
        by="created_at",
    ),
    purge_statement(
        "idempotency_keys",
        f"{is_older('created_at', retention.IDEMPOTENCY_KEYS_OF_CHATS)} AND key LIKE '{CHAT_PREFIX}%'",
        by="created_at",
    ),
    purge_statement("refresh_tokens", "expires_at <= now()", by="expires_at"),
    purge_statement("telegram_sign_ins", "expires_at <= now()", by="expires_at"),
    purge_statement("api_keys", "expires_at <= now()", by="expires_at"),
    purge_statement("throttle", "ends_at <= now()", by="ends_at"),
    purge_statement(
        "telegram_updates",
        f"payload IS NULL AND {is_older('received_at', retention.HANDLED_UPDATES)}",
        by="received_at",
    ),
    purge_statement(
        "free_changes",
        f"""
            {is_older("at", retention.FREE_CHANGES)}
            AND sequence < (SELECT sequence FROM free_changes ORDER BY at DESC LIMIT 1)
        """,
        by="at",
    ),
    purge_statement("version_counts", is_older("minute", retention.VERSION_COUNTS), by="minute"),
    *(
        purge_statement("figures", f"step = '{step}' AND {is_older('at', kept)}")
        for step, kept in retention.FIGURES.items()
    ),
    purge_statement("processes", is_older("seen_at", retention.PROCESSES)),
    purge_statement("ledger_runs", is_older("started_at", retention.LEDGER_RUNS)),
    purge_statement("version_labels", is_older("minute", retention.VERSION_COUNTS), by="minute"),
    purge_statement("notices", is_older("due_at", retention.REPLIES), by="due_at"),
    purge_statement(
        "telegram_replies",
        f"""
            {is_older("created_at", retention.REPLIES)}
            AND NOT EXISTS (SELECT FROM notices n WHERE n.prediction_id = telegram_replies.prediction_id)
            AND NOT EXISTS (SELECT FROM unfinished u WHERE u.prediction_id = telegram_replies.prediction_id)
        """,
        by="created_at",
    ),
    purge_statement("telegram_batches", is_older("created_at", retention.BATCH_REPLIES), by="created_at"),
]

# Checks only guests that still have a key: those of the last days, however many there were before.
FORGETTABLE = f"""
SELECT id, created_at FROM users
WHERE guest_key IS NOT NULL AND {is_older("created_at", retention.GUESTS)} AND (created_at, id) > ($1, $2)
    AND (SELECT pending FROM balances WHERE user_id = id) = 0
ORDER BY created_at, id LIMIT {AT_ONCE}
"""
EMPTY = f"""
WITH part AS MATERIALIZED (
    SELECT id FROM predictions WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT {AT_ONCE}
), emptied AS (
    UPDATE predictions SET input = NULL, output = NULL, errors = NULL, warnings = NULL
    WHERE id = ANY (ARRAY (SELECT id FROM part))
)
SELECT id FROM part ORDER BY id DESC LIMIT 1
"""
# Runs last, so that an interrupted purge begins again with this guest.
FORGET = """
UPDATE users SET guest_key = NULL WHERE id = $1 AND guest_key IS NOT NULL
    AND (SELECT pending FROM balances WHERE user_id = $1) = 0
RETURNING id
"""
FIRST = UUID(int=0)
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PostgresUpkeep(Upkeep):
    pool: Pool

    @override
    async def purge(self) -> int:
        purged = [await purge(self.pool, statement) for statement in PURGES]
        return sum(purged) + await self._forget_guests()

    async def _forget_guests(self) -> int:
        forgotten = 0
        guests = await _step(self.pool, FORGETTABLE, EARLIEST, FIRST)
        while guests:
            for guest in guests:
                forgotten += await self._forget(guest["id"])
            guests = await _step(self.pool, FORGETTABLE, guests[-1]["created_at"], guests[-1]["id"])
        return forgotten

    async def _forget(self, guest: UUID) -> int:
        """Empty the guest's predictions, however many, and then forget the guest's key."""
        part: Records = await _step(self.pool, EMPTY, guest, FIRST)
        while part:
            part = await _step(self.pool, EMPTY, guest, part[0]["id"])
        return len(await _step(self.pool, FORGET, guest))


async def purge(pool: Pool, statement: str, *arguments: object) -> int:
    """Repeat a step of `purge_statement` until no record is left to delete. Returns the number of deleted
    records."""
    purged = 0
    while True:
        gone = int((await _step(pool, statement, *arguments))[0][0])
        purged += gone
        if gone < AT_ONCE:
            return purged


async def _step(pool: Pool, statement: str, *arguments: object) -> Records:
    async def run() -> Records:
        async with connection(pool) as taken:
            records: Records = await taken.fetch(statement, *arguments, timeout=MOST_SECONDS)
            return records

    return await retried(run)
