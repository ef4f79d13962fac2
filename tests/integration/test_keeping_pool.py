"""Connections that are kept between two uses, and the rest of the pool's promises."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from augury.application.ports import Unavailable
from augury.outbound.postgres import keeping_pool
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.pool import connection
from augury.outbound.postgres.settings import PostgresSettings
from tests.polling import eventually

PID = "SELECT pg_backend_pid()"


async def test_a_used_connection_is_used_again_without_going_back(database_url: str) -> None:
    async with open_pool(PostgresSettings(url=database_url)) as pool:
        async with connection(pool) as taken:
            first = await taken.fetchval(PID)
        assert pool.get_idle_size() == 0
        async with connection(pool) as taken:
            assert await taken.fetchval(PID) == first
        assert pool.get_size() == 1


async def test_a_kept_connection_is_found_by_those_who_use_the_pool_itself(database_url: str) -> None:
    async with open_pool(PostgresSettings(url=database_url, pool_size=1)) as pool:
        async with connection(pool) as taken:
            first = await taken.fetchval(PID)

        assert await pool.fetchval(PID) == first
        async with pool.acquire() as acquired:
            assert await acquired.fetchval(PID) == first


async def test_whoever_waits_gets_the_next_connection(database_url: str) -> None:
    async with open_pool(PostgresSettings(url=database_url, pool_size=1)) as pool:

        async def pids() -> set[int]:
            found = set()
            for _ in range(5):
                async with connection(pool) as taken:
                    found.add(await taken.fetchval(PID))
            return found

        [first, *others] = await asyncio.gather(*(pids() for _ in range(10)))

        assert len(first) == 1
        assert all(each == first for each in others)


async def test_a_connection_that_the_server_closed_is_not_used_again(database_url: str) -> None:
    async with open_pool(PostgresSettings(url=database_url)) as pool:
        async with connection(pool) as taken:
            first = await taken.fetchval(PID)
        other = await asyncpg.connect(database_url)
        await other.execute("SELECT pg_terminate_backend($1, 5000)", first)
        await other.close()

        async def works() -> bool:
            try:
                async with connection(pool) as taken:
                    return bool(await taken.fetchval(PID) != first)
            except Unavailable:  # the end of the connection has not been read yet
                return False

        await eventually(works)


async def test_a_connection_with_an_error_goes_back(database_url: str) -> None:
    async with open_pool(PostgresSettings(url=database_url)) as pool:
        with pytest.raises(asyncpg.UndefinedTableError):
            async with connection(pool) as taken:
                await taken.execute("SELECT FROM nothing")

        assert pool.get_idle_size() == 1


async def test_kept_connections_go_back_in_time(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping_pool, "KEPT_FOR", timedelta(0))
    async with open_pool(PostgresSettings(url=database_url)) as pool:
        for _ in range(2):
            async with connection(pool), connection(pool):
                pass
            await eventually(lambda: pool.get_idle_size() == 2)
