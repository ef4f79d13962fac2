"""Steps after a migration that may take long on a large table.

They lock nothing for which others would wait. Each is a separate transaction. After an interruption, the next
`augury migrate` continues with the missing ones.
"""

import asyncio
from collections.abc import Callable

import asyncpg
from sqlalchemy import Index
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.schema import CreateIndex

from augury.application.ports import Unavailable
from augury.outbound.postgres.failures import first_line
from augury.outbound.postgres.pooler import is_pooled
from augury.outbound.postgres.schema import metadata

OBSOLETE = ("idempotency_keys_created_at_idx",)
"""Indexes of earlier releases, which are dropped once all others exist."""
LOOK_EVERY = 1.0
"""Seconds between two checks of an index that another process builds."""
AT_ONCE = 10_000

# No row if the index is missing. An index is invalid while it is being built, and if that was interrupted.
STATE = """
SELECT i.indisvalid AS is_valid, EXISTS (
    SELECT FROM pg_stat_progress_create_index WHERE index_relid = i.indexrelid
) AS is_being_made
FROM pg_index i WHERE i.indexrelid = to_regclass($1)
"""
FILL = f"""
WITH part AS (
    SELECT id, user_id, status FROM predictions WHERE id > $1 ORDER BY id LIMIT {AT_ONCE}
), added AS (
    INSERT INTO unsuccessful (user_id, status, prediction_id)
    SELECT user_id, status, id FROM part WHERE status IN ('failed', 'canceled', 'expired')
    ON CONFLICT DO NOTHING
)
SELECT id FROM part ORDER BY id DESC LIMIT 1
"""


async def finish_online(connection: asyncpg.Connection, on_step: Callable[[str], None]) -> None:
    """Build the missing indexes, and fill `unsuccessful`. Calls `on_step` with each step's name.

    Needs a connection without a transaction, which is used for nothing else. Raises `Unavailable` if a time
    limit of the role ends a step, which is possible only behind a pooler.
    """
    if not await is_pooled(connection):  # a pooler's connection would keep this for its next client
        await connection.execute("SET statement_timeout = 0; SET lock_timeout = 0")
    try:
        await _finish(connection, on_step)
    except (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError) as error:
        raise Unavailable(
            f"the schema is migrated, but an index is still missing ({first_line(error)}): "
            "run `augury migrate` again, with a URL that leads to PostgreSQL itself and not to a pooler"
        ) from error


async def _finish(connection: asyncpg.Connection, on_step: Callable[[str], None]) -> None:
    for index in _indexes():
        await _make(connection, index, on_step)
    for name in OBSOLETE:
        if await connection.fetchval("SELECT to_regclass($1)", name) is not None:
            on_step(f"drop {name}")
            await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    after = await connection.fetchval("SELECT after FROM unsuccessful_backfill")
    if after is not None:
        on_step("fill unsuccessful")
    while after is not None:
        after = await connection.fetchval(FILL, after)
        if after is None:
            await connection.execute("DELETE FROM unsuccessful_backfill")
        else:
            await connection.execute("UPDATE unsuccessful_backfill SET after = $1", after)


def _indexes() -> list[Index]:
    found = (index for table in metadata.sorted_tables for index in table.indexes)
    return sorted(found, key=lambda index: str(index.name))


async def _make(connection: asyncpg.Connection, index: Index, on_step: Callable[[str], None]) -> None:
    while state := await connection.fetchrow(STATE, str(index.name)):
        if state["is_valid"]:
            return
        if state["is_being_made"]:
            await asyncio.sleep(LOOK_EVERY)
        else:
            await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}")
    on_step(str(index.name))
    # Compiled for asyncpg, because other dialects double each `%`.
    statement = str(CreateIndex(index).compile(dialect=dialect()))  # type: ignore[no-untyped-call]  # theirs
    await connection.execute(statement.replace(" INDEX ", " INDEX CONCURRENTLY IF NOT EXISTS ", 1))
