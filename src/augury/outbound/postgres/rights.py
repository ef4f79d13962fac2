"""Checks the rights of Augury's role, and names the GRANT to add if some are missing."""

import re

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from augury.application.ports import Unavailable
from augury.outbound.postgres.telegram_tables import metadata

READ_AND_WRITE = "SELECT, INSERT, UPDATE, DELETE"
_REFUSED = re.compile(r"permission denied for (?P<kind>database|schema|table|sequence) (?P<name>\S+)")
_GRANTS = {
    "database": "CONNECT ON DATABASE",
    "schema": "USAGE, CREATE ON SCHEMA",
    "table": f"{READ_AND_WRITE} ON TABLE",
    "sequence": "USAGE ON SEQUENCE",
}
_OWNED = re.compile(r"must be owner of \w+ (?P<name>\S+)")

# Finds the schema by our tables, since names cannot be resolved in a schema that the role may not use. Rows
# of `transfers` are never changed, so it needs neither UPDATE nor DELETE.
_MISSING = """
WITH home AS (
    SELECT version.relnamespace AS schema FROM pg_class version
    JOIN pg_class ours ON ours.relnamespace = version.relnamespace AND ours.relname = 'unfinished'
    WHERE version.relname = 'alembic_version'
    ORDER BY version.oid = to_regclass('alembic_version') DESC NULLS LAST LIMIT 1
)
SELECT quote_ident(current_user), quote_ident(nspname), quote_ident(pg_get_userbyid(max(relowner))),
    CASE WHEN count(*) > 3 THEN count(*) || ' tables' ELSE string_agg(relname, ', ' ORDER BY relname) END
FROM pg_class c JOIN home ON c.relnamespace = home.schema JOIN pg_namespace n ON n.oid = home.schema
WHERE relkind IN ('r', 'p') AND (relname = ANY ($1::text[]) OR relname = 'alembic_version') AND NOT (
    has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
    AND (relname = 'alembic_version' OR has_table_privilege(c.oid, 'INSERT'))
    AND (
        relname IN ('alembic_version', 'transfers')
        OR has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')
    )
)
GROUP BY nspname
"""


class RightsMissing(Unavailable):
    """Augury's role lacks rights. `str()` is one line that says how to grant them."""


async def check_rights(connection: PoolConnectionProxy) -> None:
    """Raises `RightsMissing` unless the role may read and write all existing tables."""
    missing = await connection.fetchrow(_MISSING, [table.name for table in metadata.sorted_tables])
    if missing is None:
        return
    role, schema, owner, tables = missing
    raise RightsMissing(
        f"the role {role} may not read and write {tables} in the schema {schema}; as {owner}, run: "
        f"GRANT USAGE ON SCHEMA {schema} TO {role}; "
        f"GRANT {READ_AND_WRITE} ON ALL TABLES IN SCHEMA {schema} TO {role}"
    )


def what_is_missing(error: asyncpg.InsufficientPrivilegeError, role: str = "Augury's role") -> str:
    """One line with the server's message and, if it is known, the GRANT that helps."""
    words = str(error).partition("\n")[0]
    if found := _REFUSED.search(words):
        return f"{words}; to fix this, run: GRANT {_GRANTS[found['kind']]} {found['name']} TO {role}"
    if _OWNED.search(words):
        return f"{words}: run `augury migrate` as its owner, or first run: GRANT <its owner> TO {role}"
    return words
