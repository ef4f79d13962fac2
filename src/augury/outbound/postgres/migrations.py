"""Bring a database to the schema that this code works with, and check that it is there."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg
from alembic.config import Config
from asyncpg import Pool
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

import augury
from alembic import command
from augury.outbound.postgres.pool import connection, failures_named
from augury.outbound.postgres.tables import VERSION

LOCK = 0x6175677572790001
"""Of the advisory lock under which one process migrates at a time."""

OnStep = Callable[[str], None]


class SchemaMismatch(Exception):
    """The database's schema is not the one that this code works with; `str()` says what to do."""


def migrate(url: str, on_step: OnStep | None = None) -> list[str]:
    """Apply the migrations that are missing; answers their revisions, and tells `on_step` of each.

    Several may start at once: they take turns. Not to be called on a running event loop. Raises
    `Unavailable`, or `SchemaMismatch` where the database is newer than this code.
    """
    return asyncio.run(_migrate(url, on_step or (lambda _: None)))


async def check_schema(pool: Pool) -> None:
    """Raises `SchemaMismatch` unless the database is at this code's revision."""
    async with connection(pool) as taken:
        if await taken.fetchval("SELECT to_regclass('alembic_version')") is None:
            found = None
        else:
            found = await taken.fetchval("SELECT version_num FROM alembic_version")
    if found is None:
        raise SchemaMismatch("the database has no tables yet: run `augury migrate`")
    if found < VERSION:
        raise SchemaMismatch(
            f"the database is at revision {found}, this version needs {VERSION}: run `augury migrate`"
        )
    _refuse_newer(found)


def configuration() -> Config:
    """What alembic needs to know: its scripts are in the wheel, or in the repository beside `src`."""
    package = Path(augury.__file__).parent
    installed = package / "migrations"
    scripts = installed if installed.is_dir() else package.parents[1] / "alembic"
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def _migrate(url: str, on_step: OnStep) -> list[str]:
    applied: list[str] = []

    def step(revision: str) -> None:
        applied.append(revision)
        on_step(revision)

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url, timeout=10, server_settings={"application_name": "augury migrate"})

    # The URL is read by asyncpg alone, so that it means the same here as for the pool.
    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=pool.NullPool)
    with failures_named():
        async with engine.connect() as taken:
            await taken.run_sync(_upgrade, step)
    return applied


def _upgrade(taken: Connection, step: OnStep) -> None:
    taken.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
    taken.commit()  # the lock is the session's: it ends with the connection
    if taken.scalar(text("SELECT to_regclass('alembic_version')")) is not None:
        _refuse_newer(taken.scalar(text("SELECT version_num FROM alembic_version")) or "")
    taken.commit()
    config = configuration()
    config.attributes["connection"] = taken
    config.attributes["on_step"] = step
    command.upgrade(config, "head")


def _refuse_newer(found: str) -> None:
    if found > VERSION:
        raise SchemaMismatch(
            f"the database is at revision {found}, newer than this version's {VERSION}: update augury"
        )
