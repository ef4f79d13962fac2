"""Checks the rights of Augury's role, and names the GRANT to add if some are missing."""

import re

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from augury.application.ports import Unavailable

# Listed here because most processes do not load the schema. A test compares the lists.
TABLES = (
    *(
        "api_keys",
        "audit_log",
        "balances",
        "batch_objects",
        "batches",
        "figures",
        "free_changes",
        "guest_days",
        "idempotency_keys",
        "ledger_checks",
        "ledger_runs",
        "model_files",
        "model_pieces",
        "model_trainings",
        "model_uploads",
        "models",
        "notices",
    ),
    *(
        "predictions",
        "processes",
        "promo_codes",
        "promo_redemptions",
        "refresh_tokens",
        "runs",
        "shares",
        "slices",
        "telegram_bots",
    ),
    *(
        "telegram_batches",
        "telegram_chats",
        "telegram_links",
        "telegram_payments",
        "telegram_replies",
        "telegram_sign_ins",
        "telegram_updates",
        "throttle",
        "transfers",
    ),
    *("unfinished", "unsuccessful", "unsuccessful_backfill", "users", "version_counts", "version_labels"),
    *("webhook_deliveries", "webhooks"),
)
"""The names of all tables."""
SEARCHED = """
SELECT quote_ident(current_user), current_setting('search_path'), (
    SELECT quote_ident(nspname)
    FROM unnest(string_to_array(current_setting('search_path'), ',')) WITH ORDINALITY AS given (name, place)
    JOIN pg_namespace ON nspname = CASE
        WHEN btrim(name, ' "') = '$user' THEN current_user
        WHEN btrim(name) LIKE '"%"' THEN btrim(name, ' "')
        ELSE lower(btrim(name))
    END
    ORDER BY nspname = current_schema() DESC NULLS LAST, place LIMIT 1
), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)
"""
"""The role, the search path, the schema in which tables are created (null if the path names no existing one),
and whether the role may create tables there."""
READ_AND_WRITE = "SELECT, INSERT, UPDATE, DELETE"
_REFUSED = re.compile(r"permission denied for (?P<kind>database|schema|table|sequence) (?P<name>\S+)")
_GRANTS = {
    "database": "CONNECT ON DATABASE",
    "schema": "USAGE, CREATE ON SCHEMA",
    "table": f"{READ_AND_WRITE} ON TABLE",
    "sequence": "USAGE ON SEQUENCE",
}
_OWNED = re.compile(r"must be owner of \w+ (?P<name>\S+)")

# Finds the schema by our tables, because names cannot be resolved in a schema that the role may not use. Rows
# of `transfers` are never changed, so the table needs neither UPDATE nor DELETE.
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
    missing = await connection.fetchrow(_MISSING, list(TABLES))
    if missing is None:
        return
    role, schema, owner, tables = missing
    raise RightsMissing(
        f"the role {role} may not read and write {tables} in the schema {schema}; as {owner}, run: "
        f"GRANT USAGE ON SCHEMA {schema} TO {role}; "
        f"GRANT {READ_AND_WRITE} ON ALL TABLES IN SCHEMA {schema} TO {role}"
    )


def no_schema(search_path: str) -> str:
    """One line for a search path that names no existing schema."""
    return (
        f"no schema of the connection's search_path ({search_path or 'empty'}) exists: create one, or change "
        "the search_path in the options of AUGURY_DATABASE_URL or of the role"
    )


async def refusal(error: asyncpg.InsufficientPrivilegeError, connection: PoolConnectionProxy) -> Unavailable:
    """The error for a statement that `connection` was not allowed to run. The connection must not be in a
    transaction."""
    role: str = await connection.fetchval("SELECT quote_ident(current_user)")
    return RightsMissing(f"the database refuses: {what_is_missing(error, role)}")


def what_is_missing(error: asyncpg.InsufficientPrivilegeError, role: str) -> str:
    """One line with the server's message and, if it is known, the GRANT that helps. `role` is quoted."""
    words = str(error).partition("\n")[0]
    if found := _REFUSED.search(words):
        return f"{words}; to fix this, run: GRANT {_GRANTS[found['kind']]} {found['name']} TO {role}"
    if _OWNED.search(words):
        return f"{words}: run `augury migrate` as its owner, or first run: GRANT <its owner> TO {role}"
    return words
