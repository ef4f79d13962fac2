"""One pool of connections to PostgreSQL, and what goes wrong with it in the boundary's words."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from urllib.parse import urlsplit

import asyncpg
from asyncpg import Pool
from asyncpg.pool import PoolConnectionProxy

from augury.application.ports import AlreadyRecorded, Conflict, Unavailable
from augury.domain.balance import Account, BooksDisagree

Connection: TypeAlias = PoolConnectionProxy

ACQUIRE_SECONDS = 5
"""How long to wait for a connection when all are taken."""

_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,  # the connection or the pool is closed
    asyncpg.InternalClientError,  # the server ended the connection between two messages of one statement
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, statement timeout
    asyncpg.InsufficientResourcesError,  # too many connections, disk full
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, after a fail-over
)
_HOST = re.compile(r"(\[[^]]+\]|[^:]+)(:(?P<port>\d{1,5}))?")
_MOST_PORT = 65_535
_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
_BALANCES = {"balances_available_check": Account.AVAILABLE, "balances_held_check": Account.HELD}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresSettings:
    url: str
    """`postgresql://user:password@host:port/database`. The folder of a Unix socket goes into
    `?host=/folder`. `augury up` starts a server of its own where it is not set."""
    pool_size: int = 10
    """Connections of one process."""
    connect_timeout: timedelta = timedelta(seconds=5)
    """How long a new connection may take."""
    statement_timeout: timedelta = timedelta(seconds=30)
    """How long one statement may run."""
    lock_timeout: timedelta = timedelta(seconds=10)
    """How long one statement may wait for a lock."""
    idle_in_transaction_timeout: timedelta = timedelta(seconds=30)
    """How long a transaction may be idle before PostgreSQL ends it."""
    model_cache: timedelta = timedelta(seconds=1)
    """How long a model's price and schema are trusted without another query. 0 queries every time."""

    def __post_init__(self) -> None:
        if not self.url.startswith(("postgresql://", "postgres://")):
            raise ValueError("url must begin with postgresql://")
        if not _names_hosts(self.url):
            raise ValueError("url must name a host, or a host and the number of a port")
        if self.pool_size < 1:
            raise ValueError("pool_size must be 1 at least")


def _names_hosts(url: str) -> bool:
    """Whether it names hosts and ports as asyncpg reads them; several are parted by commas."""
    try:
        hosts = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:  # a bracket that is not closed
        return False
    return not hosts or all(_is_host(each) for each in hosts.split(","))


def _is_host(text: str) -> bool:
    found = _HOST.fullmatch(text)
    return found is not None and int(found["port"] or 0) <= _MOST_PORT


@asynccontextmanager
async def open_pool(settings: PostgresSettings) -> AsyncIterator[Pool]:
    """Open the pool, one connection at once; raises `Unavailable` where that fails."""
    with failures_named():
        pool = await asyncpg.create_pool(
            settings.url,
            min_size=1,
            max_size=settings.pool_size,
            timeout=settings.connect_timeout.total_seconds(),
            # A server that does not answer at all cannot keep to its own limit.
            command_timeout=settings.statement_timeout.total_seconds() + 5,
            init=_learn_types,
            reset=_keep_session,
            server_settings={
                "application_name": "augury",
                "statement_timeout": _milliseconds(settings.statement_timeout),
                "lock_timeout": _milliseconds(settings.lock_timeout),
                "idle_in_transaction_session_timeout": _milliseconds(settings.idle_in_transaction_timeout),
                "jit": "off",  # statements are short: compiling one costs more than running it
                # A plan that was made while a table was small stays: it must not be to scan that table. All
                # statements find their rows by an index, but for the checks of the ledger.
                "enable_seqscan": "off",
                "timezone": "UTC",
            },
        )
    try:
        yield pool
    finally:
        await _close(pool, settings.connect_timeout)


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    """A connection for the length of the block; see `failures_named` for what may be raised."""
    with failures_named():
        async with pool.acquire(timeout=ACQUIRE_SECONDS) as taken:
            try:
                yield taken
            except asyncpg.InternalClientError:
                taken.terminate()  # nobody knows what it would answer next
                raise


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection inside a transaction: committed at the end of the block, rolled back by an error."""
    async with connection(pool) as taken, taken.transaction():
        yield taken


@contextmanager
def failures_named() -> Iterator[None]:
    """Say failures of the database in the boundary's words: `Conflict`, `AlreadyRecorded`, `Unavailable`."""
    try:
        yield
    except _AGAIN as error:
        raise Conflict(f"the database: {_words(error)}") from error
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "transfers_pkey":
            raise AlreadyRecorded from error
        raise Conflict(f"the database: {_words(error)}") from error
    except asyncpg.CheckViolationError as error:
        if (account := _BALANCES.get(error.constraint_name or "")) is None:
            raise
        raise BooksDisagree(account=account) from error
    except _AWAY as error:
        raise Unavailable(f"the database cannot be reached: {_words(error)}") from error


async def ping(pool: Pool) -> None:
    """Raises `Unavailable` where the database does not answer."""
    async with connection(pool) as taken:
        await taken.execute("SELECT 1")


async def _learn_types(connection: asyncpg.Connection) -> None:
    """Have asyncpg ask for the array types now, not during the first statement that has them."""
    await connection.prepare(
        "SELECT $1::uuid[], $2::timestamptz[], $3::bytea[], $4::bool[], $5::int[], $6::bigint[]"
    )


async def _keep_session(_: object) -> None:
    """Nothing here leaves a session changed that goes back to the pool, but for the keepalives of `duty`, so
    that nothing needs to be reset: that saves a round trip."""


async def _close(pool: Pool, patience: timedelta) -> None:
    try:
        await asyncio.wait_for(pool.close(), patience.total_seconds())
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        pool.terminate()


def _milliseconds(time: timedelta) -> str:
    return str(int(time.total_seconds() * 1000))


def _words(error: BaseException) -> str:
    """The first line: what PostgreSQL adds below is for its log."""
    return str(error).partition("\n")[0] or "no answer in time"
