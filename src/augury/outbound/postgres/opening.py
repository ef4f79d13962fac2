"""Opens the pool of connections to PostgreSQL, with the settings that the server or a pooler allows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
from asyncpg import Pool

from augury.outbound.postgres.connecting import Connector
from augury.outbound.postgres.database_url import read_url
from augury.outbound.postgres.failures import failures_named
from augury.outbound.postgres.keeping_pool import KeepingPool
from augury.outbound.postgres.pooler import UNPREPARED, is_behind_pooler
from augury.outbound.postgres.settings import PostgresSettings


@asynccontextmanager
async def open_pool(settings: PostgresSettings) -> AsyncIterator[Pool]:
    """Open the pool with one connection. Raises `Unavailable` if that fails."""
    connect = Connector(settings.url, timeout=settings.connect_timeout)
    with failures_named():
        pool = await KeepingPool(
            min_size=1,
            max_size=settings.pool_size,
            connect=connect,
            # The limit for a server that does not answer at all, and so cannot enforce its own.
            command_timeout=settings.statement_timeout.total_seconds() + 5,
            init=_learn_types,
            reset=_keep_session,
            **await _as_the_server_is(settings, connect),
        )
    try:
        yield pool
    finally:
        await _close(pool, settings.connect_timeout)


async def _as_the_server_is(settings: PostgresSettings, connect: Connector) -> dict[str, Any]:
    """The arguments of `asyncpg.connect` that depend on whether there is a pooler."""
    wanted, utc = _session(settings), {"timezone": "UTC"}
    mode = "transaction" if settings.pooler == "auto" and read_url(settings.url).pooled else settings.pooler
    if await is_behind_pooler(connect, mode, wanted):
        return {**UNPREPARED, "server_settings": utc}  # a pooler passes on no other of our settings
    return {"server_settings": wanted | utc}


def _session(settings: PostgresSettings) -> dict[str, str]:
    return {
        "statement_timeout": _milliseconds(settings.statement_timeout),
        "lock_timeout": _milliseconds(settings.lock_timeout),
        "idle_in_transaction_session_timeout": _milliseconds(settings.idle_in_transaction_timeout),
        "jit": "off",  # statements are short: compiling one costs more than running it
        # A plan that was cached while a table was small stays in use, so it must not scan that table. All
        # statements use an index, except for the checks of the ledger.
        "enable_seqscan": "off",
    }


async def _learn_types(connection: asyncpg.Connection) -> None:
    """Make asyncpg load the array types now, not during the first statement that uses them."""
    await connection.fetchrow(
        "SELECT $1::uuid[], $2::timestamptz[], $3::bytea[], $4::bool[], $5::int[], $6::bigint[]",
        *(None,) * 6,
    )


async def _keep_session(_: object) -> None:
    """Do not reset returned sessions, which saves a round trip: nothing here leaves a session changed."""


async def _close(pool: Pool, patience: timedelta) -> None:
    try:
        await asyncio.wait_for(pool.close(), patience.total_seconds())
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        pool.terminate()


def _milliseconds(time: timedelta) -> str:
    return str(int(time.total_seconds() * 1000))
