"""Which process is the bot: the one whose session has the advisory lock, which ends with the session."""

import logging
from contextlib import suppress

from asyncpg import InterfaceError, Pool
from typing_extensions import override

from augury.application.chats.ports import Duty
from augury.application.ports import Unavailable
from augury.outbound.postgres.pool import ACQUIRE_SECONDS, Connection, failures_named

LOCK = 0x6175677572790003
"""Of the advisory lock that makes a process the bot."""

# A machine that vanishes says no goodbye: its server is to find out in half a minute, not in two hours.
TAKE = """
SELECT pg_try_advisory_lock($1), set_config('tcp_keepalives_idle', '15', false),
    set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)
"""
ANSWERS_WITHIN = 5.0
"""Seconds that the server may take to show that the session is still there."""
log = logging.getLogger(__name__)


class PostgresDuty(Duty):
    """Keeps a connection of the pool for as long as it is on duty."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connection: Connection | None = None

    @override
    async def take(self) -> bool:
        """Raises `Unavailable`."""
        with failures_named():
            connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        try:
            with failures_named():
                taken = await connection.fetchval(TAKE, LOCK, timeout=ANSWERS_WITHIN)
        except BaseException:  # canceled, too: nobody knows whether it has the lock
            await self._end(connection)
            raise
        if taken:
            self._connection = connection
        else:
            await self._pool.release(connection)
        return bool(taken)

    @override
    async def holds(self) -> bool:
        if self._connection is None:
            return False
        try:
            with failures_named():
                await self._connection.fetchval("SELECT 1", timeout=ANSWERS_WITHIN)
        except Unavailable as error:
            log.info("the session that had the lock is gone: %s", error)
            return False
        return True

    @override
    async def leave(self) -> None:
        """Nothing is asked of the server: it may be silent, and asyncpg would wait for it without a limit."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._end(connection)

    async def _end(self, connection: Connection) -> None:
        """Whatever has become of the session, its lock goes with it."""
        with suppress(InterfaceError):  # the pool has noticed by itself that it is gone
            connection.terminate()
        await self._pool.release(connection)
