"""SQL that is compiled once with SQLAlchemy Core, and run by asyncpg."""

from dataclasses import dataclass
from typing import TypeAlias

from asyncpg import Pool, Record
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.compiler import SQLCompiler

from augury.application.retrying import retried
from augury.outbound.postgres.pool import connection

Records: TypeAlias = list[Record]
Arguments: TypeAlias = tuple[str, *tuple[object, ...]]
"""The SQL, then the values of `$1`, `$2`, …"""


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled statement. Call it with the values of its parameters to get the arguments for asyncpg."""

    sql: str
    parameters: tuple[str, ...]
    constants: dict[str, object]

    def __call__(self, **values: object) -> Arguments:
        given = self.constants | values
        return self.sql, *(given[name] for name in self.parameters)


def query(statement: ClauseElement) -> Query:
    """Compile `statement`. SQLAlchemy's bind processors do not run, so pass JSON values as text."""
    compiled = statement.compile(dialect=asyncpg.dialect())  # type: ignore[no-untyped-call]  # theirs
    assert isinstance(compiled, SQLCompiler)
    return Query(str(compiled), tuple(compiled.positiontup or ()), dict(compiled.params))


async def fetch(pool: Pool, sql: str, *arguments: object) -> Records:
    """Run one statement in a transaction of its own, and again after a conflict."""

    async def run() -> Records:
        async with connection(pool) as taken:
            records: Records = await taken.fetch(sql, *arguments)
            return records

    return await retried(run)
