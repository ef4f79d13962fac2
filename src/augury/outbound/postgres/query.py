"""Runs SQL with asyncpg.

The adapters' statements are plain SQL. Building them with SQLAlchemy would load it in every process, which
takes half the CPU time of a short command.
"""

from typing import TypeAlias

from asyncpg import Pool, Record

from augury.application.retrying import retried
from augury.outbound.postgres.pool import connection

Records: TypeAlias = list[Record]


async def fetch(pool: Pool, sql: str, *arguments: object) -> Records:
    """Run one statement in its own transaction. Repeat it after a conflict."""

    async def run() -> Records:
        async with connection(pool) as taken:
            records: Records = await taken.fetch(sql, *arguments)
            return records

    return await retried(run)
