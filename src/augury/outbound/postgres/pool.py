"""The pool of connections to PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Literal, NoReturn, TypeAlias

import asyncpg
from asyncpg import Pool
from asyncpg.pool import PoolConnectionProxy

from augury.application.ports import Unavailable
from augury.outbound.postgres.connecting import Connector
from augury.outbound.postgres.database_url import read_url
from augury.outbound.postgres.failures import SERVER_UNUSABLE, failures_named
from augury.outbound.postgres.keeping_pool import KeepingPool
from augury.outbound.postgres.pooler import UNPREPARED, is_behind_pooler
from augury.outbound.postgres.rights import refusal

Connection: TypeAlias = PoolConnectionProxy
Isolation: TypeAlias = Literal["read_committed", "repeatable_read", "serializable"]

ACQUIRE_SECONDS = 5
"""How long to wait for a connection when all are in use."""
POOLERS = ("auto", "transaction", "none")
MOST_CONNECTIONS = 10_000
"""A bound, because the pool has an object for each connection, even if it is not open."""
MOST_TIMEOUT = timedelta(days=24)
"""PostgreSQL stores timeouts as milliseconds in 32 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresSettings:
    url: str
    """`postgresql://user:password@host:port/database`, with libpq's parameters. Separate several hosts with
    commas: the one that accepts writes is used. For a Unix socket, give its folder as `?host=/folder`. If it
    is not set, `augury up` starts a server of its own."""
    pool_size: int = 10
    """Connections of one process."""
    read_connections: int = 3
    """Connections of one process that read lists at the same time, so that a submit never waits for lists. At
    least one connection is left for everything else."""
    read_timeout: timedelta = timedelta(seconds=5)
    """How long one statement that reads a list may run."""
    pooler: str = "auto"
    """Whether PgBouncer in transaction mode is in front of PostgreSQL: `transaction`, `none`, or `auto` to
    detect it."""
    connect_timeout: timedelta = timedelta(seconds=5)
    """How long a new connection may take. Several hosts share it. `connect_timeout=…` in the URL overrides
    it."""
    statement_timeout: timedelta = timedelta(seconds=30)
    """How long one statement may run."""
    lock_timeout: timedelta = timedelta(seconds=10)
    """How long one statement may wait for a lock."""
    idle_in_transaction_timeout: timedelta = timedelta(seconds=30)
    """How long a transaction may be idle before PostgreSQL ends it."""
    model_cache: timedelta = timedelta(seconds=1)
    """How long a model's price and schema are trusted without another query. 0 queries every time."""

    def __post_init__(self) -> None:
        read_url(self.url)
        if min(self.pool_size, self.read_connections) < 1:
            raise ValueError("pool_size and read_connections must be at least 1")
        if max(self.pool_size, self.read_connections) > MOST_CONNECTIONS:
            raise ValueError(f"pool_size and read_connections must be at most {MOST_CONNECTIONS}")
        timeouts = (
            self.read_timeout,
            self.statement_timeout,
            self.lock_timeout,
            self.idle_in_transaction_timeout,
        )
        if max(timeouts) > MOST_TIMEOUT:
            raise ValueError(
                "read_timeout, statement_timeout, lock_timeout and idle_in_transaction_timeout must be "
                f"at most {MOST_TIMEOUT.total_seconds():.0f} seconds"
            )
        if self.pooler not in POOLERS:
            raise ValueError(f"pooler must be {' or '.join(POOLERS)}, not {self.pooler!r}")


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
