"""One embedded PostgreSQL for a whole test run, and a fresh, migrated database for each test of it.

A `conftest.py` that wants the fixtures imports them: `from tests.postgres_server import database_url, pool`.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from uuid import uuid4

import asyncpg
import pytest
from asyncpg import Pool

from augury.bootstrap.postgres.account import SystemAccount
from augury.bootstrap.postgres.binaries import NEWEST, programs
from augury.bootstrap.postgres.server import PORT, PostgresServer
from augury.outbound.postgres.migrations import migrate
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.settings import PostgresSettings
from tests.quick_folder import quick_folder
from tests.run_end import RUN

TEMPLATE = "migrated"


def new_server() -> PostgresServer:
    """A new server in a separate folder that any account may enter."""
    data = quick_folder("augury-postgres-")
    data.chmod(0o755)
    account = SystemAccount.of(data)
    made = PostgresServer(
        folder=data / "postgres",
        programs=programs(NEWEST, data, account),
        log=data / "postgres.log",
        account=account,
    )
    made.make()
    return made


def url_in(running: PostgresServer, database: str = "postgres") -> str:
    return f"postgresql://postgres:@/{database}?host={running.folder}&port={PORT}"


@cache
def server() -> PostgresServer:
    """The server of this test run. It starts at the first use and is removed when the run ends."""
    started = new_server()
    RUN.callback(_remove, started)
    started.start()
    asyncio.run(_prepare(started))
    migrate(url_in(started, TEMPLATE))
    return started


def _remove(running: PostgresServer) -> None:
    running.stop()
    shutil.rmtree(running.folder.parent, ignore_errors=True)


def server_log() -> str:
    """The server's log so far, for example deadlocks."""
    return server().log.read_text(errors="replace")


@asynccontextmanager
async def fresh_database(*, migrated: bool = True) -> AsyncIterator[str]:
    """The URL of a new database, which is dropped at the end. It is empty unless `migrated`."""
    running = await asyncio.to_thread(server)
    name = f"test_{uuid4().hex}"
    template = TEMPLATE if migrated else "template0"
    # By default the server writes each page to its log, which takes three times as long as copying the files.
    await _execute(running, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    try:
        yield url_in(running, name)
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
    # No data must survive a power failure, so nothing waits for the disk.
    await _execute(
        running,
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
        f"CREATE DATABASE {TEMPLATE}",
    )


async def _execute(running: PostgresServer, *statements: str) -> None:
    connection = await asyncpg.connect(url_in(running))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
