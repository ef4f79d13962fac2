"""Checks at every start, without alembic, whether the database has the schema that this code needs."""

from asyncpg import Pool

from augury.outbound.postgres.pool import connection
from augury.outbound.postgres.rights import SEARCHED, check_rights, no_schema

VERSION = "0041"
"""The revision that this code needs: the newest migration."""


class SchemaMismatch(Exception):
    """The database's schema is not the one that this code needs. `str()` says what to do."""


async def check_schema(pool: Pool) -> None:
    """Raises `SchemaMismatch` unless the database is at this code's revision, and `RightsMissing` if the role
    lacks rights."""
    async with connection(pool) as taken:
        await check_rights(taken)
        if await taken.fetchval("SELECT to_regclass('alembic_version')") is None:
            searched = await taken.fetchrow(SEARCHED)
            assert searched is not None
            _, path, schema, _ = searched
            raise SchemaMismatch(
                "the database has no tables yet: run `augury migrate`" if schema else no_schema(path)
            )
        found = await taken.fetchval("SELECT version_num FROM alembic_version")
    if found is None:
        raise SchemaMismatch("the database has no tables yet: run `augury migrate`")
    if found < VERSION:
        raise SchemaMismatch(
            f"the database is at revision {found}, but this version needs {VERSION}: run `augury migrate`"
        )
    refuse_newer(found)


def refuse_newer(found: str) -> None:
    """Raises `SchemaMismatch` if the revision is newer than this code."""
    if found > VERSION:
        raise SchemaMismatch(
            f"the database is at revision {found}, newer than this version's {VERSION}: update augury"
        )
