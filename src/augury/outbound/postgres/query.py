"""SQL made once from SQLAlchemy Core, for asyncpg to run."""

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
    """A statement; called with the values of its parameters it gives what asyncpg's methods take."""

    sql: str
    parameters: tuple[str, ...]
    constants: dict[str, object]

    def __call__(self, **values: object) -> Arguments:
        given = self.constants | values
        return self.sql, *(given[name] for name in self.parameters)


def query(statement: ClauseElement) -> Query:
    """Compile `statement`; its bind processors do not run, so that a JSON value is given as text."""
    compiled = statement.compile(dialect=asyncpg.dialect())  # type: ignore[no-untyped-call]  # theirs
    assert isinstance(compiled, SQLCompiler)
    return Query(str(compiled), tuple(compiled.positiontup or ()), dict(compiled.params))


async def fetch(pool: Pool, sql: str, *arguments: object) -> Records:
    """Run one statement as a transaction of its own, again where that lost against another."""

    async def run() -> Records:
        async with connection(pool) as taken:
            records: Records = await taken.fetch(sql, *arguments)
            return records

    return await retried(run)
