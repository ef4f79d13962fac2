"""Connections and transactions of the pool."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Literal, NoReturn, TypeAlias

import asyncpg
from asyncpg import Pool
from asyncpg.pool import PoolConnectionProxy

from augury.application.ports import Unavailable
from augury.outbound.postgres.failures import SERVER_UNUSABLE, failures_named
from augury.outbound.postgres.keeping_pool import KeepingPool
from augury.outbound.postgres.rights import refusal

Connection: TypeAlias = PoolConnectionProxy
Isolation: TypeAlias = Literal["read_committed", "repeatable_read", "serializable"]

ACQUIRE_SECONDS = 5
"""How long to wait for a connection when all are in use."""


def connection(pool: Pool) -> "_Taken":
    """A connection for an `async with` block. Raises the errors of `failures_named`.

    If the server turns out to be unusable, closes this connection, and all others as soon as they are free.
    After a fail-over, new connections lead to the server that accepts writes.
    """
    return _Taken(pool)


class _Taken:
    """A class instead of a generator with `@asynccontextmanager`, which would take several times as many
    calls. `failures_named` is such a generator, so only failures and new connections use it."""

    __slots__ = ("_pool", "_taken")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __aenter__(self) -> Connection:
        taken = self._pool.take() if isinstance(self._pool, KeepingPool) else None
        if taken is None:
            with failures_named():
                async with asyncio.timeout(ACQUIRE_SECONDS):  # asyncpg would make a task for its own timeout
                    taken = await self._pool.acquire()
        self._taken: Connection = taken
        return taken

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and isinstance(self._pool, KeepingPool) and self._pool.keep(self._taken):
            return
        with failures_named():
            try:
                if error is not None:
                    await self._explain(error)
            finally:
                await self._pool.release(self._taken, timeout=ACQUIRE_SECONDS)

    async def _explain(self, error: BaseException) -> NoReturn:
        """Raise the error again, or one that says more."""
        try:
            raise error
        except asyncpg.InsufficientPrivilegeError as refused:
            raise await refusal(refused, self._taken) from refused
        except SERVER_UNUSABLE:
            with suppress(asyncpg.InterfaceError):  # the pool has already closed it
                self._taken.terminate()
            await self._pool.expire_connections()
            raise


@asynccontextmanager
async def transaction(
    pool: Pool, *, isolation: Isolation | None = None, readonly: bool = False
) -> AsyncIterator[Connection]:
    """A connection in a transaction, which is committed after the block, or rolled back on an error."""
    async with connection(pool) as taken:
        begun = taken.transaction(isolation=isolation, readonly=readonly)
        await begun.start()
        try:
            yield taken
        except SERVER_UNUSABLE:
            raise  # the server is unusable: the transaction ends with the connection
        except BaseException:
            await _roll_back(begun, taken)
            raise
        await begun.commit()


async def _roll_back(begun: asyncpg.transaction.Transaction, taken: Connection) -> None:
    """Roll back with a timeout: asyncpg would wait without a limit for a server that does not answer."""
    try:
        async with asyncio.timeout(ACQUIRE_SECONDS):
            await begun.rollback()
    except TimeoutError:
        taken.terminate()


async def ping(pool: Pool) -> None:
    """Raises `Unavailable` if the database does not answer, or does not accept writes."""
    async with connection(pool) as taken:
        if await taken.fetchval("SELECT current_setting('transaction_read_only')") == "on":
            await pool.expire_connections()
            raise Unavailable("the database does not accept writes: it is a standby, or read-only")
