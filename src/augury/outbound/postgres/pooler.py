"""A pooler in front of PostgreSQL, such as PgBouncer, that gives each transaction a connection of its choice.

Behind one a session cannot be relied on: no prepared statement, no setting and no lock outlives its
transaction, and most settings cannot be given at the start.
"""

import logging
from collections.abc import Mapping

from augury.outbound.postgres.connecting import Connector

UNPREPARED = {"statement_cache_size": 0}
"""For `asyncpg.connect`: each statement is parsed again, in the transaction that runs it."""
_MISSING = """
SELECT string_agg(format('ALTER ROLE %I SET %I = %L', current_user, name, wanted), '; ' ORDER BY name)
FROM unnest($1::text[], $2::text[]) AS asked (name, wanted) JOIN pg_settings USING (name)
WHERE setting <> wanted AND (setting = '0' OR wanted = 'off')
"""
log = logging.getLogger(__name__)


async def is_behind_pooler(connect: Connector, mode: str, wanted: Mapping[str, str]) -> bool:
    """Whether a pooler stands before the database; if so, what its sessions lack of `wanted` is logged.

    `mode` is `transaction`, `none`, or `auto`: then the server is asked which process serves the connection.
    A pooler has told another: one that it made up, for it does not know which one will.
    """
    if mode == "none":
        return False
    connection = await connect(**UNPREPARED)
    try:
        served_by = await connection.fetchval("SELECT pg_backend_pid()")
        if mode == "auto" and served_by == connection.get_server_pid():
            return False
        if missing := await connection.fetchval(_MISSING, list(wanted), list(wanted.values())):
            log.warning("the pooler cannot pass these settings on; give them to the role: %s", missing)
        return True
    finally:
        await connection.close(timeout=5)
