"""If a role lacks a right, every process and command names the missing GRANT in one line."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from augury.application.ports import Unavailable
from augury.outbound.postgres.migrations import migrate
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.rights import TABLES, RightsMissing
from augury.outbound.postgres.schema import metadata
from augury.outbound.postgres.schema_version import SchemaMismatch, check_schema
from augury.outbound.postgres.settings import PostgresSettings
from tests.postgres_server import fresh_database
from tests.processes import environment, run

PROCESSES = {
    "api": {
        "rabbitmq_url": "amqp://127.0.0.1:1",
        "secret_key": "a secret of the tests, long enough to be one",
    },
    "worker": {"rabbitmq_url": "amqp://127.0.0.1:1"},
    "bot": {"rabbitmq_url": "amqp://127.0.0.1:1", "telegram_token": "1:x"},
    "model list": {},
}


async def execute(url: str, *statements: str) -> None:
    opened = await asyncpg.connect(url)
    try:
        for statement in statements:
            await opened.execute(statement)
    finally:
        await opened.close()


@pytest.fixture
async def role(database_url: str) -> AsyncIterator[str]:
    """A role that may connect, and nothing else."""
    name = f"shop_{uuid4().hex[:8]}"
    await execute(database_url, f"CREATE ROLE {name} LOGIN")
    yield name
    await execute(database_url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def as_role(url: str, role: str) -> str:
    return urlsplit(url)._replace(netloc=f"{role}@{urlsplit(url).netloc.rpartition('@')[2]}").geturl()


def with_search_path(url: str, path: str) -> str:
    option = "-c search_path=" + path.replace(" ", "\\ ")  # an unescaped blank would begin another option
    return f"{url}{'&' if '?' in url else '?'}options={quote(option)}"


async def grant(url: str, words: str) -> None:
    """Run the GRANT that an administrator copies from the line."""
    await execute(url, words[words.index("GRANT ") :])


async def test_who_may_not_create_tables_is_told_before_anything_is_tried(
    database_url: str, role: str
) -> None:
    async with fresh_database(migrated=False) as url:
        with pytest.raises(RightsMissing, match=f"GRANT USAGE, CREATE ON SCHEMA public TO {role}") as refused:
            await asyncio.to_thread(migrate, as_role(url, role))
        assert "\n" not in str(refused.value)

        await grant(url, str(refused.value))
        assert await asyncio.to_thread(migrate, as_role(url, role))
        async with open_pool(PostgresSettings(url=as_role(url, role))) as pool:
            await check_schema(pool)
        await execute(url, f"REASSIGN OWNED BY {role} TO postgres", f"DROP OWNED BY {role}")


async def test_who_does_not_own_the_tables_is_told_when_they_are_to_change(
    database_url: str, role: str
) -> None:
    await execute(
        database_url,
        f"GRANT USAGE, CREATE ON SCHEMA public TO {role}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}",
        "UPDATE alembic_version SET version_num = '0003'",
        "ALTER TABLE telegram_updates DROP COLUMN tries",
    )
    with pytest.raises(RightsMissing, match=r"must be owner of table telegram_updates.*GRANT") as refused:
        await asyncio.to_thread(migrate, as_role(database_url, role))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        "GRANT USAGE ON SCHEMA public TO {role}",
        "REVOKE USAGE ON SCHEMA public FROM public",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {role}",
    ],
)
async def test_who_may_not_work_with_the_tables_is_told_at_the_start(
    database_url: str, role: str, given: str
) -> None:
    await execute(database_url, given.format(role=role))
    async with open_pool(PostgresSettings(url=as_role(database_url, role))) as pool:
        with pytest.raises(
            RightsMissing, match=f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL .* TO {role}"
        ) as no:
            await check_schema(pool)
        assert "\n" not in str(no.value)

        await grant(database_url, str(no.value))
        await check_schema(pool)


async def test_the_least_rights_are_enough(database_url: str, role: str) -> None:
    """Transfers are never changed, so the role does not need the right to change them."""
    await execute(
        database_url,
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE ON transfers FROM {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
    )
    async with open_pool(PostgresSettings(url=as_role(database_url, role))) as pool:
        await check_schema(pool)
    assert await asyncio.to_thread(migrate, as_role(database_url, role)) == []


async def test_a_right_that_is_taken_while_a_process_runs_is_named(database_url: str, role: str) -> None:
    async with open_pool(PostgresSettings(url=as_role(database_url, role))) as pool:
        with pytest.raises(
            RightsMissing, match="permission denied for table users; to fix this, run: GRANT SELECT"
        ) as refused:
            await fetch(pool, "SELECT id FROM users")
        await grant(database_url, str(refused.value))
        assert await fetch(pool, "SELECT id FROM users") == []
        with pytest.raises(RightsMissing, match=f"permission denied for table models.* TO {role}$"):
            async with transaction(pool) as taken:
                await taken.execute("SELECT name FROM models")


async def test_who_may_not_connect_is_told_which_grant_lets_that_very_role(role: str) -> None:
    async with fresh_database() as url:
        await execute(url, f'REVOKE CONNECT ON DATABASE "{urlsplit(url).path[1:]}" FROM public')
        for attempt in (use, migrate_as):
            with pytest.raises(Unavailable, match=f'GRANT CONNECT ON DATABASE .* TO "{role}"$') as refused:
                await attempt(as_role(url, role))
            assert "\n" not in str(refused.value)
        await grant(url, str(refused.value))
        async with open_pool(PostgresSettings(url=as_role(url, role))):
            pass
        await execute(url, f"DROP OWNED BY {role}")


async def use(url: str) -> None:
    async with open_pool(PostgresSettings(url=url)) as pool:
        await check_schema(pool)


async def migrate_as(url: str) -> None:
    await asyncio.to_thread(migrate, url)


async def test_who_may_not_read_the_version_is_told_which_grant_lets_that_very_role(
    database_url: str, role: str
) -> None:
    """Even if no other table of ours shows the schema."""
    await execute(
        database_url,
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"REVOKE ALL ON alembic_version FROM {role}",
        "ALTER TABLE unfinished RENAME TO finished",
    )
    for attempt in (use, migrate_as):
        with pytest.raises(RightsMissing, match=f"GRANT .* ON TABLE alembic_version TO {role}$") as refused:
            await attempt(as_role(database_url, role))
    await grant(database_url, str(refused.value))
    assert await asyncio.to_thread(migrate, as_role(database_url, role)) == []


@pytest.mark.parametrize("path", ["none", "", '"None", none'])
async def test_a_search_path_without_a_schema_is_named_and_no_grant_is_advised(
    database_url: str, path: str
) -> None:
    url = with_search_path(database_url, path)
    for attempt, error in ((use, SchemaMismatch), (migrate_as, RightsMissing)):
        with pytest.raises(error, match=r"no schema of the connection's search_path .* exists") as refused:
            await attempt(url)
        assert "GRANT" not in str(refused.value)
        assert "\n" not in str(refused.value)


async def test_a_schema_of_the_search_path_that_may_not_be_used_is_granted(role: str) -> None:
    async with fresh_database(migrated=False) as url:
        await execute(url, 'CREATE SCHEMA "Shop"', "REVOKE ALL ON SCHEMA public FROM public")
        url = with_search_path(url, '"Shop",public')
        with pytest.raises(RightsMissing, match=f'GRANT USAGE, CREATE ON SCHEMA "Shop" TO {role}') as refused:
            await migrate_as(as_role(url, role))
        await grant(url, str(refused.value))
        await migrate_as(as_role(url, role))
        await use(as_role(url, role))
        await execute(url, f"REASSIGN OWNED BY {role} TO postgres", f"DROP OWNED BY {role}")


async def test_the_tables_that_are_checked_are_all_that_there_are() -> None:
    assert set(TABLES) == {table.name for table in metadata.sorted_tables}


@pytest.mark.parametrize("command", PROCESSES)
async def test_every_process_says_it_in_one_line(
    database_url: str, role: str, command: str, tmp_path: Path
) -> None:
    env = environment(database_url=as_role(database_url, role), data=tmp_path, **PROCESSES[command])
    done = await asyncio.to_thread(run, *command.split(), env=env, cwd=tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith(f"augury: the role {role} may not read and write")
    assert done.stderr.count("\n") == 1
