"""Detects a pooler in front of PostgreSQL, such as PgBouncer, which gives each transaction any connection.

Behind a pooler, sessions cannot be relied on: prepared statements, settings and locks do not outlive their
transaction, and most settings cannot be given when connecting.
"""

import logging
from collections.abc import Mapping

import asyncpg

from augury.application.ports import Unavailable
from augury.outbound.postgres.connecting import Connector

UNPREPARED = {"statement_cache_size": 0}
"""Options of `asyncpg.connect` to parse each statement again, in the transaction that runs it."""
_MISSING = """
SELECT string_agg(format('ALTER ROLE %I SET %I = %L', current_user, name, wanted), '; ' ORDER BY name)
FROM unnest($1::text[], $2::text[]) AS asked (name, wanted) JOIN pg_settings USING (name)
WHERE setting <> wanted AND (setting = '0' OR wanted = 'off')
"""
log = logging.getLogger(__name__)


async def require_transactions(connection: asyncpg.Connection) -> None:
    """Raises `Unavailable` if a pooler refuses transactions.

    PgBouncer in statement mode closes the connection. It also says why, but asyncpg loses that.
    """
    await connection.execute("SELECT 1")
    try:
        async with connection.transaction():
            pass
    except asyncpg.ConnectionDoesNotExistError as error:
        raise Unavailable(
            "the database's pooler closes the connection when a transaction begins: if it is PgBouncer in "
            "statement mode, set pool_mode = transaction"
        ) from error


async def is_pooled(connection: asyncpg.Connection) -> bool:
    """Whether a pooler has this connection: it reports a made-up process when connecting, not the one that
    serves the connection."""
    return bool(await connection.fetchval("SELECT pg_backend_pid()") != connection.get_server_pid())


async def is_behind_pooler(connect: Connector, mode: str, wanted: Mapping[str, str]) -> bool:
    """Whether a pooler is in front of the database. If so, logs which `wanted` settings its sessions lack.

    `mode` is `transaction`, `none`, or `auto` to find out.
    """
    if mode == "none":
        return False
    connection = await connect(**UNPREPARED)
    try:
        pooled = await is_pooled(connection)
        await require_transactions(connection)
        if mode == "auto" and not pooled:
            return False
        if missing := await connection.fetchval(_MISSING, list(wanted), list(wanted.values())):
            log.warning("the pooler cannot pass these settings on; set them for the role: %s", missing)
        return True
    finally:
        await connection.close(timeout=5)
