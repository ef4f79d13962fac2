"""Reads that may take long, such as pages of lists: they get some connections of the pool, never all."""

import asyncio

from asyncpg import Pool

from augury.application.ports import Unavailable
from augury.application.retrying import retried
from augury.outbound.postgres.pool import ACQUIRE_SECONDS, connection
from augury.outbound.postgres.query import Records
from augury.outbound.postgres.settings import PostgresSettings

_DEFAULTS = PostgresSettings(url="postgresql://")


class Reads:
    """At most `most` reads run at the same time, each for at most `seconds`. Others wait, so that a submit
    always finds a connection."""

    def __init__(
        self,
        pool: Pool,
        *,
        most: int = _DEFAULTS.read_connections,
        seconds: float = _DEFAULTS.read_timeout.total_seconds(),
    ) -> None:
        self._pool = pool
        self._places = asyncio.Semaphore(most)
        self._seconds = seconds

    @classmethod
    def of(cls, pool: Pool, settings: PostgresSettings) -> "Reads":
        """At least one connection of the pool is left for everything else, if it has more than one."""
        most = min(settings.read_connections, max(1, settings.pool_size - 1))
        return cls(pool, most=most, seconds=settings.read_timeout.total_seconds())

    async def fetch(self, sql: str, *arguments: object) -> Records:
        """Run one statement in its own transaction. Raises `Unavailable`, for example if it takes too long,
        or if too many others run."""

        async def run() -> Records:
            async with connection(self._pool) as taken:
                records: Records = await taken.fetch(sql, *arguments, timeout=self._seconds)
                return records

        try:
            async with asyncio.timeout(ACQUIRE_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            raise Unavailable("too many lists are being read from the database") from error
        try:
            return await retried(run)
        finally:
            self._places.release()
