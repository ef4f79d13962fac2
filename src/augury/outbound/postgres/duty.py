"""Which process is the bot: the one that keeps a transaction open which has the advisory lock.

A transaction, since behind a pooler nothing else stays on one connection. It reads and writes nothing, so
it keeps nothing from being vacuumed. Whoever looks after it, `holds`, keeps it alive: the server ends a
transaction that was left alone, and with it the lock, even if a machine vanished and said no goodbye.
"""

import logging
from contextlib import suppress

from asyncpg import InterfaceError, Pool
from typing_extensions import override

from augury.application.chats.ports import Duty
from augury.application.ports import Unavailable
from augury.outbound.postgres import locks
from augury.outbound.postgres.failures import failures_named
from augury.outbound.postgres.pool import ACQUIRE_SECONDS, Connection

# The second limit came with PostgreSQL 17: what a server's configuration says there is not meant for this.
KEEP_OPEN = """
SELECT set_config(name, CASE name WHEN 'transaction_timeout' THEN '0' ELSE '30s' END, true)
FROM pg_settings WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
"""
ANSWERS_WITHIN = 5.0
"""Seconds that the server may take to show that the transaction is still there."""
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
                await connection.execute("BEGIN", timeout=ANSWERS_WITHIN)
                taken = await connection.fetchval(locks.TRY, locks.DUTY, timeout=ANSWERS_WITHIN)
                await connection.execute(KEEP_OPEN if taken else "ROLLBACK", timeout=ANSWERS_WITHIN)
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
            log.info("the transaction that had the lock is gone: %s", error)
            return False
        return True

    @override
    async def leave(self) -> None:
        """Nothing is asked of the server: it may be silent, and asyncpg would wait for it without a limit."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._end(connection)

    async def _end(self, connection: Connection) -> None:
        """Whatever has become of the transaction, its lock goes with it."""
        with suppress(InterfaceError):  # the pool has noticed by itself that it is gone
            connection.terminate()
        await self._pool.release(connection)
