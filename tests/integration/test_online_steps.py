"""The last steps of a migration, without a lock: indexes of large tables, and the list of old predictions."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from asyncpg import Pool

from augury.application.ports import Unavailable
from augury.domain.prediction import Status
from augury.outbound.postgres import locks
from augury.outbound.postgres.migrations import migrate
from augury.outbound.postgres.online import finish_online
from tests.adapters import a_prediction, postgres_adapters
from tests.hexagon import a_model
from tests.polling import eventually

INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
LATE = ("predictions_of_model_idx", "users_listed_idx", "idempotency_keys_old_idx")


async def finished(url: str) -> list[str]:
    steps: list[str] = []
    connection = await asyncpg.connect(url)
    try:
        await finish_online(connection, steps.append)
    finally:
        await connection.close()
    return steps


async def test_nothing_is_left_to_do_on_a_small_database(database_url: str) -> None:
    assert await finished(database_url) == []


async def test_missing_and_broken_indexes_are_made_and_an_obsolete_one_goes(
    database_url: str, pool: Pool
) -> None:
    before = await pool.fetch(INDEXES)
    for name in LATE:
        await pool.execute(f"DROP INDEX {name}")
    await pool.execute("CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at)")
    await pool.execute("CREATE INDEX users_listed_idx ON users (id)")
    await pool.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_listed_idx'::regclass"
    )

    steps = await finished(database_url)

    assert steps == [*sorted(LATE), "drop idempotency_keys_created_at_idx"]
    assert await pool.fetch(INDEXES) == before


async def test_predictions_that_ended_before_the_migration_are_listed(database_url: str, pool: Pool) -> None:
    adapters = postgres_adapters(pool)
    await adapters.models.add(a_model())
    user_id = await adapters.user(credits=5)
    predictions = [a_prediction(user_id) for _ in range(5)]
    await adapters.accept(user_id, *predictions)
    for each in predictions[:2]:
        async with adapters.books() as books:
            await books.open([user_id])
            canceled = each.cancel(at=each.created_at)
            await books.record(changed=[canceled], transfers=canceled.settlement())
    await pool.execute("DELETE FROM unsuccessful")
    await pool.execute("INSERT INTO unsuccessful_backfill VALUES ('00000000-0000-0000-0000-000000000000')")

    assert await finished(database_url) == ["fill unsuccessful"]
    assert await finished(database_url) == []

    page = await adapters.predictions.page(user_id, limit=9, status=Status.CANCELED)
    assert {each.prediction.id for each in page.items} == {each.id for each in predictions[:2]}


async def test_a_migration_does_them_even_if_nothing_else_is_left(database_url: str, pool: Pool) -> None:
    before = await pool.fetch(INDEXES)
    await pool.execute("DROP INDEX predictions_of_model_idx")
    steps: list[str] = []

    assert await asyncio.to_thread(migrate, database_url, steps.append) == []

    assert steps == ["predictions_of_model_idx"]
    assert await pool.fetch(INDEXES) == before


WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock' AND datname = current_database()
    AND now() - query_start > interval '150 milliseconds'
"""
LIMIT = "ALTER DATABASE {database} SET {name} = '100ms'"


@pytest.mark.parametrize("name", ["statement_timeout", "lock_timeout"])
async def test_a_time_limit_for_short_statements_does_not_end_the_build_of_an_index(
    database_url: str, pool: Pool, name: str
) -> None:
    """The manual gives the role such limits where a pooler cannot pass them on."""
    before = await pool.fetch(INDEXES)
    await pool.execute("DROP INDEX users_listed_idx")
    database = await pool.fetchval("SELECT quote_ident(current_database())")
    await pool.execute(LIMIT.format(database=database, name=name))
    async with pool.acquire() as other:
        held = other.transaction()
        await held.start()
        await other.execute("LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE")
        migrating = asyncio.create_task(asyncio.to_thread(migrate, database_url))

        async def is_waiting() -> bool:
            return migrating.done() or bool(await pool.fetchval(WAITS))

        await eventually(is_waiting)
        await held.rollback()

    assert await migrating == []
    assert await pool.fetch(INDEXES) == before


async def test_a_time_limit_for_short_statements_does_not_end_the_wait_for_another_migration(
    database_url: str, pool: Pool
) -> None:
    database = await pool.fetchval("SELECT quote_ident(current_database())")
    await pool.execute(LIMIT.format(database=database, name="statement_timeout"))
    async with pool.acquire() as other, other.transaction():
        await other.execute(locks.WAIT, locks.MIGRATING)
        with pytest.raises(Unavailable, match="it waited too long for"):
            await asyncio.to_thread(migrate, database_url, wait=timedelta(milliseconds=300))
