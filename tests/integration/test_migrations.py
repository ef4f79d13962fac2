"""The migrations make the schema that the code needs, and can be reverted."""

import asyncio
import logging
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal, TypeVar

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from augury.application.ports import Unavailable
from augury.outbound.postgres import locks
from augury.outbound.postgres.migrations import configuration, migrate
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.schema import metadata
from augury.outbound.postgres.schema_version import VERSION, SchemaMismatch, check_schema
from augury.outbound.postgres.settings import PostgresSettings
from tests.postgres_server import fresh_database
from tests.processes import environment, run

Answer = TypeVar("Answer")
FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
ALL = [f"{number:04}" for number in range(1, int(VERSION) + 1)]
"""The revisions, oldest first."""

# A check that no older row can break is added without a scan of the table: NOT VALID.
CONSTRAINTS = """
    SELECT conname, conrelid::regclass::text, replace(pg_get_constraintdef(oid), ' NOT VALID', '')
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'p', 'u', 'f') ORDER BY conname
"""
COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    ORDER BY table_name, ordinal_position
"""
INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY indexname
"""


async def with_connection(url: str, work: Callable[[Connection], Answer]) -> Answer:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=pool.NullPool
    )
    async with engine.begin() as connection:
        return await connection.run_sync(work)


async def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def stairway(connection: Connection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    for script in reversed(list(ScriptDirectory.from_config(config).walk_revisions())):
        command.upgrade(config, script.revision)
        command.downgrade(config, str(script.down_revision or "base"))
        command.upgrade(config, script.revision)


async def test_every_migration_goes_up_down_and_up_again() -> None:
    async with fresh_database(migrated=False) as url:
        await with_connection(url, stairway)

        assert await rows(url, "SELECT version_num FROM alembic_version") == [(VERSION,)]


def moved_to(revision: str) -> Callable[[Connection], None]:
    def run(connection: Connection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    return run


async def test_addresses_are_composed_unless_the_composed_one_is_taken() -> None:
    composed, decomposed = (
        [unicodedata.normalize(form, f"{name}@ёлка.рф") for name in ("андрей", "зоя")] for form in FORMS
    )
    before = (decomposed[0], decomposed[1], composed[1], "ann@example.org")
    async with fresh_database(migrated=False) as url:
        await with_connection(url, moved_to("0015"))
        for email in before:
            await rows(
                url,
                "INSERT INTO users (id, role, email, created_at) "
                f"VALUES (gen_random_uuid(), 'member', '{email}', now())",
            )
        await with_connection(url, moved_to("0016"))
        emails = [email for [email] in await rows(url, "SELECT email FROM users")]
    assert sorted(emails) == sorted((composed[0], decomposed[1], composed[1], "ann@example.org"))


async def test_two_booleans_of_a_model_become_its_state_and_older_processes_still_read_them() -> None:
    before, after = "0004", "0005"

    def move(revision: str) -> Callable[[Connection], None]:
        def run(connection: Connection) -> None:
            config = configuration()
            config.attributes["connection"] = connection
            (command.upgrade if revision == after else command.downgrade)(config, revision)

        return run

    old = [(1, False, False), (2, True, False), (3, False, True)]
    booleans = "SELECT version, active, retired FROM models ORDER BY version"
    async with fresh_database(migrated=False) as url:
        await with_connection(url, move(after))
        await with_connection(url, move(before))
        for version, active, retired in old:
            await rows(
                url,
                "INSERT INTO models (name, version, facts, sha256, row_price, active, retired, created_at) "
                f"VALUES ('tone', {version}, '{{}}', '', 1, {active}, {retired}, now())",
            )

        await with_connection(url, move(after))

        assert await rows(url, "SELECT version, state FROM models ORDER BY version") == [
            (1, "ready"),
            (2, "active"),
            (3, "retired"),
        ]
        assert await rows(url, booleans) == old
        await with_connection(url, move(before))
        assert await rows(url, booleans) == old


async def test_taking_everything_back_leaves_nothing(database_url: str) -> None:
    def all_back(connection: Connection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    await with_connection(database_url, all_back)

    assert (
        await rows(
            database_url,
            """
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relname NOT LIKE 'alembic_version%'
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        """,
        )
        == []
    )


async def test_the_tables_of_the_code_and_the_migrations_agree(database_url: str) -> None:
    differences = await with_connection(
        database_url,
        lambda connection: compare_metadata(
            MigrationContext.configure(connection, opts={"compare_server_default": True}), metadata
        ),
    )

    assert differences == []


@pytest.mark.parametrize("query", [CONSTRAINTS, COLUMNS, INDEXES], ids=["constraints", "columns", "indexes"])
async def test_a_database_made_from_the_tables_is_the_same_as_a_migrated_one(
    database_url: str, query: str
) -> None:
    async with fresh_database(migrated=False) as url:
        await with_connection(url, metadata.create_all)
        from_tables = await rows(url, query)

    migrated = [row for row in await rows(database_url, query) if row[0] != "alembic_version_pkc"]
    assert migrated == from_tables


async def test_the_code_names_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == VERSION


async def test_several_that_migrate_at_once_apply_each_step_once() -> None:
    async with fresh_database(migrated=False) as url:
        applied = await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(3)))

    assert sorted(applied) == [[], [], ALL]


async def test_whoever_migrates_hears_of_each_step() -> None:
    heard: list[str] = []
    async with fresh_database(migrated=False) as url:
        applied = await asyncio.to_thread(migrate, url, heard.append)

    assert heard == applied == ALL


async def test_a_migrated_database_passes_the_check(database_url: str) -> None:
    async with open_pool(PostgresSettings(url=database_url)) as opened:
        await check_schema(opened)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("DROP TABLE alembic_version", "no tables yet: run `augury migrate`"),
        ("DELETE FROM alembic_version", "no tables yet: run `augury migrate`"),
        ("UPDATE alembic_version SET version_num = '0000'", "run `augury migrate`"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer than this version's"),
    ],
)
async def test_a_database_of_another_revision_is_refused_in_one_line(
    database_url: str, state: str, words: str
) -> None:
    await rows(database_url, state)
    async with open_pool(PostgresSettings(url=database_url)) as opened:
        with pytest.raises(SchemaMismatch) as refused:
            await check_schema(opened)

    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_a_newer_database_is_not_migrated(database_url: str) -> None:
    await rows(database_url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(SchemaMismatch, match="newer"):
        await asyncio.to_thread(migrate, database_url)


async def test_a_database_that_is_away_is_named_as_such() -> None:
    with pytest.raises(Unavailable, match="the database"):
        await asyncio.to_thread(migrate, "postgresql://nobody@127.0.0.1:1/nothing")


async def test_who_waits_for_another_migrate_says_so_and_gives_up(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    holder = await asyncpg.connect(database_url, server_settings={"application_name": "another migrate"})
    try:
        await holder.execute("SELECT pg_advisory_lock($1)".replace("$1", str(locks.MIGRATING)))
        with caplog.at_level(logging.WARNING), pytest.raises(Unavailable) as refused:
            await asyncio.to_thread(migrate, database_url, wait=timedelta(seconds=3))
    finally:
        await holder.close()

    named = f"its turn, which session {holder.get_server_pid()} holds (another migrate of postgres"
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)
    assert sum(named in each.getMessage() for each in caplog.records) == 1


async def test_who_waits_for_a_table_says_so_and_gives_up(database_url: str) -> None:
    await rows(database_url, "UPDATE alembic_version SET version_num = '0003'")
    await rows(database_url, "ALTER TABLE telegram_updates DROP COLUMN tries")
    holder = await asyncpg.connect(database_url, server_settings={"application_name": "pg_dump"})
    try:
        await holder.execute("BEGIN; LOCK TABLE telegram_updates IN ACCESS SHARE MODE")
        with pytest.raises(Unavailable) as refused:
            await asyncio.to_thread(migrate, database_url, lock_timeout=timedelta(seconds=3))
    finally:
        await holder.close()

    assert "the table telegram_updates" in str(refused.value)
    assert "pg_dump of postgres" in str(refused.value)
    assert (await rows(database_url, "SELECT version_num FROM alembic_version")) == [("0003",)]


async def test_the_command_says_it_in_one_line(database_url: str) -> None:
    holder = await asyncpg.connect(database_url)
    try:
        await holder.execute(f"SELECT pg_advisory_lock({locks.MIGRATING})")
        env = environment(database_url=database_url)
        done = await asyncio.to_thread(run, "migrate", "--wait", "0.2", env=env)
    finally:
        await holder.close()

    assert done.returncode == 1
    assert done.stderr.startswith("augury: the database is not migrated: it waited too long for")
    assert done.stderr.count("\n") == 1
