"""Brings a database to the schema that this code needs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, pool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

import augury
from augury.application.ports import Unavailable
from augury.outbound.postgres import locks
from augury.outbound.postgres.blockers import Blockers
from augury.outbound.postgres.connecting import Connector
from augury.outbound.postgres.failures import failures_named
from augury.outbound.postgres.online import finish_online
from augury.outbound.postgres.pooler import UNPREPARED, require_transactions
from augury.outbound.postgres.rights import SEARCHED, RightsMissing, no_schema, what_is_missing
from augury.outbound.postgres.schema_version import VERSION, refuse_newer

WAIT = timedelta(seconds=60)
"""How long to wait for another migration."""
LOCK_TIMEOUT = timedelta(seconds=10)
"""How long to wait for a table in use. Meanwhile, new statements on the table wait, too."""
_CONNECT_TIMEOUT = timedelta(seconds=10)
# The role or the database may have limits for short statements. PostgreSQL 15 has no `transaction_timeout`.
_NO_TIME_LIMIT = """
SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN ('statement_timeout', 'transaction_timeout')
"""

OnStep = Callable[[str], None]


def migrate(
    url: str,
    on_step: OnStep | None = None,
    *,
    wait: timedelta = WAIT,
    lock_timeout: timedelta = LOCK_TIMEOUT,
) -> list[str]:
    """Apply the missing migrations. Returns their revisions. Calls `on_step` with each.

    Concurrent migrations take turns. Must not be called on a running event loop. Raises `Unavailable`,
    `RightsMissing`, or `SchemaMismatch` if the database is newer than this code.
    """
    return asyncio.run(_migrate(url, on_step or (lambda _: None), wait, lock_timeout))


def configuration() -> Config:
    """The configuration of alembic. Its scripts are in the wheel, or in the repository beside `src`."""
    package = Path(augury.__file__).parent
    installed = package / "migrations"
    scripts = installed if installed.is_dir() else package.parents[1] / "alembic"
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def engine_for(connect: Connector) -> AsyncEngine:
    """SQLAlchemy's engine over connections of `connect`. It also works behind a pooler."""
    return create_async_engine(
        "postgresql+asyncpg://",
        connect_args={
            "async_creator_fn": connect,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": str,  # unnamed: on a pooler's connection, a name may be in use
        },
        poolclass=pool.NullPool,
    )


async def _migrate(url: str, on_step: OnStep, wait: timedelta, lock_timeout: timedelta) -> list[str]:
    applied: list[str] = []

    def step(revision: str) -> None:
        applied.append(revision)
        on_step(revision)

    connect = Connector(url, timeout=_CONNECT_TIMEOUT, application_name="augury migrate", **UNPREPARED)
    # Everything runs in one transaction, so the lock ends with it, also behind a pooler.
    with failures_named():
        await _require_transactions(connect)
        async with _driver_errors(), engine_for(connect).begin() as taken:
            pid: int = (await taken.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            async with Blockers(connect, pid) as blockers, _said_who_blocks(blockers):
                await _take_turn(taken, wait, lock_timeout)
                await taken.run_sync(_upgrade, step)
        connection = await connect()
        try:
            await finish_online(connection, on_step)
        finally:
            await connection.close(timeout=5)
    return applied


async def _require_transactions(connect: Connector) -> None:
    connection = await connect()
    try:
        await require_transactions(connection)
    finally:
        await connection.close(timeout=5)


async def _take_turn(taken: AsyncConnection, wait: timedelta, lock_timeout: timedelta) -> None:
    await taken.execute(text(_NO_TIME_LIMIT))
    await taken.execute(text(f"SET LOCAL lock_timeout = {_milliseconds(wait)}"))
    await taken.execute(text(locks.WAIT.replace("$1", ":lock")), {"lock": locks.MIGRATING})
    limit = _milliseconds(lock_timeout) if lock_timeout else 0  # 0: no limit, as for other statements
    await taken.execute(text(f"SET LOCAL lock_timeout = {limit}"))


def _upgrade(taken: Connection, step: OnStep) -> None:
    role, path, schema, may_create = taken.execute(text(SEARCHED)).one()
    try:
        if _is_current(taken):  # then the role needs no rights to migrate
            return
        if schema is None:
            raise RightsMissing(no_schema(path))
        if not may_create:
            raise RightsMissing(
                f"the role {role} may not create tables in the schema {schema}; as the database's owner, "
                f"run: GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}"
            )
        config = configuration()
        config.attributes["connection"] = taken
        config.attributes["on_step"] = step
        command.upgrade(config, "head")
    except DBAPIError as error:
        if isinstance(cause := _cause(error), asyncpg.InsufficientPrivilegeError):
            raise RightsMissing(what_is_missing(cause, role)) from error
        raise


def _is_current(taken: Connection) -> bool:
    """Raises `SchemaMismatch` if the database is newer than this code."""
    if taken.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return False
    found = taken.scalar(text("SELECT version_num FROM alembic_version")) or ""
    refuse_newer(found)
    return bool(found == VERSION)


@asynccontextmanager
async def _said_who_blocks(blockers: Blockers) -> AsyncIterator[None]:
    try:
        yield
    except DBAPIError as error:
        if not isinstance(_cause(error), asyncpg.LockNotAvailableError):
            raise
        raise Unavailable(f"the database is not migrated: {blockers.words()}") from error


@asynccontextmanager
async def _driver_errors() -> AsyncIterator[None]:
    """Raise asyncpg's errors instead of SQLAlchemy's."""
    try:
        yield
    except DBAPIError as error:
        raise _cause(error) from error


def _cause(error: DBAPIError) -> BaseException:
    return (error.orig.__cause__ if error.orig else None) or error


def _milliseconds(time: timedelta) -> int:
    return max(1, int(time.total_seconds() * 1000))  # 0 would mean no limit
