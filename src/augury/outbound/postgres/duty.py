"""Decides which process is the bot: the one whose open transaction has the advisory lock.

The lock belongs to a transaction, because behind a pooler nothing else keeps a connection. The transaction
reads and writes nothing, so it does not hold up vacuuming. Calls of `holds` keep it alive. The server ends an
idle transaction, so the lock becomes free even if a machine vanishes.
"""

import logging
from contextlib import suppress

from asyncpg import InterfaceError, Pool
from typing_extensions import override

from augury.application.chats.ports.updates import Duty
from augury.application.ports import Unavailable
from augury.outbound.postgres import locks
from augury.outbound.postgres.failures import failures_named
from augury.outbound.postgres.pool import ACQUIRE_SECONDS, Connection

# `transaction_timeout` (PostgreSQL 17) is turned off, because this transaction stays open on purpose.
KEEP_OPEN = """
SELECT set_config(name, CASE name WHEN 'transaction_timeout' THEN '0' ELSE '30s' END, true)
FROM pg_settings WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
"""
ANSWERS_WITHIN = 5.0
"""Seconds for the server to answer on the transaction."""
log = logging.getLogger(__name__)


class PostgresDuty(Duty):
    """Keeps a connection of the pool while it is on duty."""

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
        except BaseException:  # even a cancellation: it is unknown whether the transaction has the lock
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
            log.info("the transaction that held the bot's lock is lost: %s", error)
            return False
        return True

    @override
    async def leave(self) -> None:
        """Leave without a statement: asyncpg would wait without a limit for a server that does not answer."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._end(connection)

    async def _end(self, connection: Connection) -> None:
        """Close the connection, which ends the transaction and its lock in any case."""
        with suppress(InterfaceError):  # the pool has already closed it
            connection.terminate()
        await self._pool.release(connection)
