"""Errors of the database are translated to the errors of the ports."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from asyncpg import Pool

from augury.application.ports import Conflict, Unavailable
from augury.outbound.postgres import pool as pools
from augury.outbound.postgres.failures import failures_named
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.pool import connection, ping, transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.settings import PostgresSettings


async def test_a_database_that_answers_is_up(pool: Pool) -> None:
    await ping(pool)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody@127.0.0.1:1/nothing",
        "postgresql://nobody@/nothing?host=/no/such/folder",
        "postgresql://nobody@no-such-host.invalid/nothing",
    ],
)
async def test_a_database_that_is_away_is_unavailable_in_one_line(url: str) -> None:
    with pytest.raises(Unavailable, match="the database") as refused:
        async with open_pool(PostgresSettings(url=url)):
            pass

    assert "\n" not in str(refused.value)


async def test_a_database_that_does_not_exist_is_unavailable(database_url: str) -> None:
    with pytest.raises(Unavailable, match="does not exist"):
        async with open_pool(PostgresSettings(url=database_url.replace("test_", "missing_"))):
            pass


async def test_a_statement_that_takes_too_long_is_unavailable(database_url: str) -> None:
    settings = PostgresSettings(url=database_url, statement_timeout=timedelta(milliseconds=500))
    async with open_pool(settings) as impatient:
        with pytest.raises(Unavailable):
            await fetch(impatient, "SELECT pg_sleep(60)")
        await ping(impatient)


async def test_a_connection_that_lost_its_thread_is_unavailable_and_not_used_again(pool: Pool) -> None:
    async with connection(pool) as before:
        lost = await before.fetchval("SELECT pg_backend_pid()")

    async def lose_the_thread() -> None:
        async with connection(pool) as taken:
            assert await taken.fetchval("SELECT pg_backend_pid()") == lost
            raise asyncpg.InternalClientError("cannot switch to another state")

    with pytest.raises(Unavailable):
        await lose_the_thread()

    async with connection(pool) as after:
        assert await after.fetchval("SELECT pg_backend_pid()") != lost


async def test_a_lock_that_somebody_keeps_is_unavailable(database_url: str) -> None:
    settings = PostgresSettings(url=database_url, lock_timeout=timedelta(milliseconds=50))
    async with open_pool(settings) as impatient, transaction(impatient) as holder:
        await holder.execute("LOCK TABLE users")
        with pytest.raises(Unavailable):
            await fetch(impatient, "SELECT count(*) FROM users")


async def test_a_pool_whose_connections_are_all_taken_is_unavailable(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "ACQUIRE_SECONDS", 0.05)
    async with open_pool(PostgresSettings(url=database_url, pool_size=1)) as single:
        async with connection(single):
            with pytest.raises(Unavailable):
                await ping(single)
        await ping(single)


async def test_a_connection_that_is_cut_is_unavailable_and_the_next_one_works(
    database_url: str, pool: Pool
) -> None:
    async with open_pool(PostgresSettings(url=database_url)) as victim:

        async def be_cut() -> None:
            async with transaction(victim) as cut:
                await pool.execute("SELECT pg_terminate_backend($1, 5000)", cut.get_server_pid())
                await cut.execute("SELECT 1")

        with pytest.raises(Unavailable):
            await be_cut()
        await ping(victim)


async def test_a_closed_pool_is_unavailable(database_url: str) -> None:
    async with open_pool(PostgresSettings(url=database_url)) as closed:
        pass

    with pytest.raises(Unavailable):
        await ping(closed)


async def test_a_deadlock_is_a_conflict() -> None:
    with pytest.raises(Conflict), failures_named():
        raise asyncpg.DeadlockDetectedError("deadlock detected")


async def test_a_single_statement_that_meets_a_conflict_runs_again(pool: Pool) -> None:
    """The third attempt succeeds, because the counter does not belong to the transactions."""
    await pool.execute("CREATE SEQUENCE tries")
    await pool.execute(
        """
        CREATE FUNCTION try() RETURNS bigint LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('tries') < 3 THEN
                RAISE EXCEPTION 'could not serialize' USING ERRCODE = 'serialization_failure';
            END IF;
            RETURN currval('tries');
        END
        $$
        """
    )

    assert [row[0] for row in await fetch(pool, "SELECT try()")] == [3]


async def test_an_error_rolls_the_transaction_back_and_keeps_its_own_name(pool: Pool) -> None:
    async def fail() -> None:
        async with transaction(pool) as taken:
            await taken.execute("INSERT INTO guest_days VALUES (now(), 1)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await pool.fetchval("SELECT count(*) FROM guest_days") == 0


async def test_whoever_is_canceled_leaves_no_transaction_behind(database_url: str) -> None:
    async with open_pool(PostgresSettings(url=database_url, pool_size=1)) as single:
        began = asyncio.Event()

        async def wait_for_ever() -> None:
            async with transaction(single) as taken:
                await taken.execute("INSERT INTO guest_days VALUES (now(), 1)")
                began.set()
                await taken.execute("SELECT pg_sleep(60)")

        waiting = asyncio.create_task(wait_for_ever())
        await began.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

        assert [row[0] for row in await fetch(single, "SELECT count(*) FROM guest_days")] == [0]
