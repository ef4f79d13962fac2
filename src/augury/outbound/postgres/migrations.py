"""Bring a database to the schema that this code works with."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

import augury
from augury.outbound.postgres.pool import failures_named
from augury.outbound.postgres.schema_version import refuse_newer

LOCK = 0x6175677572790001
"""Of the advisory lock under which one process migrates at a time."""

OnStep = Callable[[str], None]


def migrate(url: str, on_step: OnStep | None = None) -> list[str]:
    """Apply the migrations that are missing; answers their revisions, and tells `on_step` of each.

    Several may start at once: they take turns. Not to be called on a running event loop. Raises
    `Unavailable`, or `SchemaMismatch` where the database is newer than this code.
    """
    return asyncio.run(_migrate(url, on_step or (lambda _: None)))


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
        refuse_newer(taken.scalar(text("SELECT version_num FROM alembic_version")) or "")
    taken.commit()
    config = configuration()
    config.attributes["connection"] = taken
    config.attributes["on_step"] = step
    command.upgrade(config, "head")
