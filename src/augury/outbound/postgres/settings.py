"""The settings of the connections to PostgreSQL."""

from dataclasses import dataclass
from datetime import timedelta

from augury.outbound.postgres.database_url import read_url

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
    """How long one statement may wait for a lock. 0: no limit."""
    idle_in_transaction_timeout: timedelta = timedelta(seconds=30)
    """How long a transaction may be idle before PostgreSQL ends it. 0: no limit."""
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
        needed = self.connect_timeout, self.read_timeout, self.statement_timeout
        if min(needed) < timedelta(milliseconds=1):
            raise ValueError(
                "connect_timeout, read_timeout and statement_timeout must be at least 0.001 seconds"
            )
        if self.pooler not in POOLERS:
            raise ValueError(f"pooler must be {' or '.join(POOLERS)}, not {self.pooler!r}")
