"""Lists and purges during other work: they get some connections, and little time for each statement."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from asyncpg import Pool

from augury.application.people.ports.users import NewUser
from augury.application.ports import Unavailable
from augury.domain.identifiers import UserId, uuid7
from augury.domain.user import Role, User
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.reads import Reads
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.postgres.upkeep import AT_ONCE
from tests.adapters import a_prediction, postgres_adapters
from tests.hexagon import a_model
from tests.polling import eventually

BUSY = "SELECT pg_advisory_xact_lock(1)"
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


async def test_lists_never_take_the_last_connection(database_url: str) -> None:
    settings = PostgresSettings(url=database_url, pool_size=3, read_connections=9)
    async with open_pool(settings) as pool, open_pool(PostgresSettings(url=database_url)) as other:
        reads = Reads.of(pool, settings)
        async with other.acquire() as holder, holder.transaction():
            await holder.execute(BUSY)
            reading = [asyncio.create_task(reads.fetch(BUSY)) for _ in range(20)]
            await eventually(lambda: _waiting(other, 2))

            assert await pool.fetchval("SELECT 1") == 1, "a submit gets a connection"
            assert await other.fetchval(WAITING) == 2

        await asyncio.gather(*reading)


async def _waiting(pool: Pool, count: int) -> bool:
    return bool(await pool.fetchval(WAITING) == count)


async def test_a_list_that_takes_too_long_is_given_up(pool: Pool) -> None:
    reads = Reads(pool, most=1, seconds=0.1)

    with pytest.raises(Unavailable):
        await reads.fetch("SELECT pg_sleep(60)")

    assert [row[0] for row in await reads.fetch("SELECT 1")] == [1], "its place is free again"


async def test_a_purge_takes_many_small_steps(pool: Pool) -> None:
    adapters = postgres_adapters(pool)
    many = 2 * AT_ONCE + 1
    await pool.execute(
        "INSERT INTO throttle (key, ends_at, hits) SELECT n::text, now(), 1 FROM generate_series(1, $1) n",
        many,
    )

    assert await adapters.upkeep.purge() == many
    assert await pool.fetchval("SELECT count(*) FROM throttle") == 0


async def test_a_guests_many_predictions_are_emptied_in_small_steps(pool: Pool) -> None:
    adapters = postgres_adapters(pool)
    await adapters.models.add(a_model(row_price=0))
    created = datetime.now(UTC) - timedelta(days=3)
    guest = User(id=UserId(uuid7()), role=Role.GUEST, email=None, created_at=created)
    await adapters.users.add_guest(NewUser(user=guest, guest_key=b"key"), most_per_day=9)
    predictions = [a_prediction(guest.id, row_price=0) for _ in range(AT_ONCE + 1)]
    await adapters.accept(guest.id, *predictions)
    await adapters.settled(*predictions)

    assert await adapters.upkeep.purge() == 1

    full = "SELECT count(*) FROM predictions WHERE input IS NOT NULL OR output IS NOT NULL"
    assert await pool.fetchval(full) == 0
    assert await adapters.users.guest(b"key") is None
