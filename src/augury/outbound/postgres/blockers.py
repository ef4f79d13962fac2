"""Logs which session blocks a waiting transaction. A separate connection looks it up."""

import asyncio
import logging
from contextlib import suppress
from typing import Self

import asyncpg

from augury.application.ports import Unavailable
from augury.outbound.postgres import locks
from augury.outbound.postgres.connecting import Connector
from augury.outbound.postgres.failures import AWAY

LOOK_EVERY = 1.0
"""Seconds between two checks. Shorter waits are not reported."""
_LOOK = """
SELECT coalesce(wanted.relation::regclass::text, ''), wanted.objid = $2::bigint::oid AS turn,
    holder.pid, coalesce(nullif(holder.application_name, ''), 'unnamed') AS name,
    holder.usename, holder.client_addr::text, holder.backend_start
FROM pg_locks wanted
CROSS JOIN LATERAL unnest(pg_blocking_pids(wanted.pid)) AS blocking (pid)
LEFT JOIN pg_stat_activity holder ON holder.pid = blocking.pid
WHERE wanted.pid = $1 AND NOT wanted.granted
LIMIT 1
"""
log = logging.getLogger(__name__)


class Blockers:
    """Watches, while its context is open, for which locks the session `pid` waits. Logs each lock once."""

    def __init__(self, connect: Connector, pid: int) -> None:
        self._connect = connect
        self._pid = pid
        self._last = ""
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._watching is not None
        self._watching.cancel()
        with suppress(asyncio.CancelledError):
            await self._watching

    def words(self) -> str:
        """Describe the lock for which the session last waited, after the wait timed out."""
        return f"it waited too long for {self._last or 'a lock that another session has'}"

    async def _watch(self) -> None:
        with suppress(Unavailable, asyncpg.PostgresError, *AWAY):  # the migration meets them, too
            await asyncio.sleep(LOOK_EVERY)
            connection = await self._connect()
            try:
                while True:
                    await self._look(connection)
                    await asyncio.sleep(LOOK_EVERY)
            finally:
                connection.terminate()

    async def _look(self, connection: asyncpg.Connection) -> None:
        row = await connection.fetchrow(_LOOK, self._pid, locks.MIGRATING & 0xFFFFFFFF)
        if row is None:
            return
        table, turn, pid, name, user, address, since = row
        wanted = "its turn" if turn else f"the table {table}" if table else "a lock"
        place = f" at {address}" if address else ""
        begun = f" since {since:%Y-%m-%d %H:%M:%S} UTC" if since else ""
        said = (
            f"{wanted}, which session {pid} holds ({name} of {user}{place}{begun}); "
            f"to end that session, run: SELECT pg_terminate_backend({pid})"
        )
        if said != self._last:
            log.warning("waiting for %s", said)
            self._last = said
