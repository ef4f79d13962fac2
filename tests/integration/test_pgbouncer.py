"""Behind PgBouncer in transaction mode, everything works as with the server itself."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from asyncpg import Pool

from augury.application.ports import Unavailable
from augury.domain.balance import Balance
from augury.domain.prediction import Status
from augury.outbound.postgres import locks
from augury.outbound.postgres.duty import PostgresDuty
from augury.outbound.postgres.migrations import migrate
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.pool import connection, ping
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.schema_version import check_schema
from augury.outbound.postgres.settings import PostgresSettings
from tests.adapters import Adapters, postgres_adapters
from tests.contract.conftest import adapters
from tests.pgbouncer import MISSING, PROGRAM, certificate, pgbouncer
from tests.polling import eventually
from tests.postgres_nodes import Node, nodes, server_folder
from tests.processes import STARTS_WITHIN, Service
from tests.processes import eventually as seen
from tests.trained_tone import TrainedTone

__all__ = ["adapters"]

FEW = 3
"""So few connections that clients get each other's."""
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1::bigint::oid"


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """Skipped where there is no PgBouncer; in CI that fails."""
    if PROGRAM is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    with nodes(count=1) as [only]:
        only.make()
        only.start()
        yield only


async def execute(node: Node, statement: str) -> None:
    opened = await asyncpg.connect(node.url())
    try:
        await opened.execute(statement)
    finally:
        await opened.close()


@pytest.fixture
async def database(node: Node) -> str:
    """The name of an empty database."""
    name = f"test_{uuid4().hex}"
    await execute(node, f"CREATE DATABASE {name}")
    return name


@pytest.fixture
async def migrated(node: Node, database: str) -> str:
    await asyncio.to_thread(migrate, node.url(database))
    return database


@pytest.fixture
def pooler(node: Node) -> Iterator[str]:
    with pgbouncer("127.0.0.1", node.port, pool_size=FEW) as url:
        yield url


@pytest.fixture
async def pool(pooler: str, migrated: str) -> AsyncIterator[Pool]:
    async with open_pool(PostgresSettings(url=pooler + migrated)) as opened:
        yield opened


@pytest.fixture
def empty(pool: Pool) -> Adapters:
    return postgres_adapters(pool)


async def test_a_pooler_is_found_out(pool: Pool, node: Node, migrated: str) -> None:
    await ping(pool)
    async with connection(pool) as taken:
        assert not await taken.fetchval("SELECT count(*) FROM pg_prepared_statements")
    async with open_pool(PostgresSettings(url=node.url(migrated))) as direct, connection(direct) as taken:
        assert await taken.fetchval("SELECT count(*) FROM pg_prepared_statements")
        assert await taken.fetchval("SHOW lock_timeout") == "10s"


@pytest.mark.parametrize("parameter", ["", "?pgbouncer=true"])
async def test_a_pooler_can_be_told_of(pooler: str, migrated: str, parameter: str) -> None:
    settings = PostgresSettings(
        url=pooler + migrated + parameter, pooler="auto" if parameter else "transaction"
    )
    async with open_pool(settings) as pool:
        await check_schema(pool)


@pytest.mark.parametrize("pooler", ["auto", "transaction"])
async def test_the_mode_that_knows_no_transactions_is_named_with_the_one_to_set(
    node: Node, migrated: str, pooler: str
) -> None:
    with pgbouncer("127.0.0.1", node.port, mode="statement") as url:
        settings = PostgresSettings(url=url + migrated, pooler=pooler)
        with pytest.raises(Unavailable, match=r"statement mode, set pool_mode = transaction") as refused:
            async with open_pool(settings):
                pass
        assert "\n" not in str(refused.value)
        with pytest.raises(Unavailable, match=r"statement mode, set pool_mode = transaction"):
            await asyncio.to_thread(migrate, url + migrated)


async def test_a_pooler_that_was_denied_is_named(pooler: str, migrated: str) -> None:
    with pytest.raises(Unavailable, match=r"set AUGURY_DATABASE_POOLER to transaction") as refused:
        async with open_pool(PostgresSettings(url=pooler + migrated, pooler="none")):
            pass
    assert "\n" not in str(refused.value)


async def test_what_a_pooler_cannot_pass_on_is_told_with_the_statement_that_gives_it(
    pooler: str, node: Node, migrated: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with open_pool(PostgresSettings(url=pooler + migrated)):
            pass
    [told] = [each.getMessage() for each in caplog.records if "ALTER ROLE" in each.getMessage()]
    statements = told.partition("role: ")[2]
    assert "ALTER ROLE postgres SET lock_timeout = '10000'" in statements

    await execute(node, statements)
    try:
        caplog.clear()
        with pgbouncer("127.0.0.1", node.port) as anew:
            async with open_pool(PostgresSettings(url=anew + migrated)):
                pass
        assert not [each for each in caplog.records if "ALTER ROLE" in each.getMessage()]
    finally:
        await execute(node, "ALTER ROLE postgres RESET ALL")


async def test_work_of_many_at_once_is_exact(adapters: Adapters) -> None:
    """More work than there are connections, with the same statements."""
    users = [await adapters.user(credits=20) for _ in range(8)]

    async def work(number: int) -> Status:
        [done] = await adapters.settled(*await adapters.predictions_of(users[number % 8], 1))
        return done.status

    statuses = await asyncio.gather(*map(work, range(80)))

    assert statuses == [Status.SUCCEEDED] * 80
    for user in users:
        assert await adapters.balance(user) == Balance(user, available=10, held=0)
    assert not await adapters.deviations()


async def test_one_process_at_a_time_is_on_duty_and_the_next_follows(pool: Pool) -> None:
    first, second = PostgresDuty(pool), PostgresDuty(pool)
    assert await first.take()
    assert not await second.take()
    await asyncio.gather(*(fetch(pool, "SELECT pg_sleep(0.01)") for _ in range(20)))
    assert await first.holds()
    assert not await second.take()

    await first.leave()
    await eventually(second.take, "the end of the first one's duty")
    assert not await first.take()
    await second.leave()


async def test_no_lock_stays_behind(pool: Pool, node: Node, migrated: str) -> None:
    duty = PostgresDuty(pool)
    assert await duty.take()
    await duty.leave()
    direct = await asyncpg.connect(node.url(migrated))

    async def free() -> bool:
        return bool(await direct.fetchval(HELD, locks.DUTY & 0xFFFFFFFF) == 0)

    try:
        await eventually(free, "the end of the lock")
    finally:
        await direct.close()


async def test_a_duty_keeps_nothing_from_being_vacuumed(pool: Pool) -> None:
    duty = PostgresDuty(pool)
    assert await duty.take()
    [row] = await fetch(
        pool,
        """
        SELECT state, backend_xid, backend_xmin FROM pg_stat_activity JOIN pg_locks USING (pid)
        WHERE locktype = 'advisory' AND objid = $1::bigint::oid
        """,
        locks.DUTY & 0xFFFFFFFF,
    )
    assert tuple(row) == ("idle in transaction", None, None)
    await duty.leave()


async def test_migrations_go_through_and_leave_no_lock(pooler: str, node: Node, database: str) -> None:
    url = pooler + database
    applied = await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(3)))

    assert sorted(map(bool, applied)) == [False, False, True]
    assert await asyncio.to_thread(migrate, url) == []
    direct = await asyncpg.connect(node.url(database))
    try:
        assert await direct.fetchval(HELD, locks.MIGRATING & 0xFFFFFFFF) == 0
    finally:
        await direct.close()


async def test_a_column_more_stops_nobody(pool: Pool, adapters: Adapters, node: Node, migrated: str) -> None:
    """As if a migration added it, while processes of the previous version run."""
    user = await adapters.user(credits=2)
    await adapters.settled(*await adapters.predictions_of(user, 1))
    await execute_in(node, migrated, "ALTER TABLE predictions ADD novelty text")
    await execute_in(node, migrated, "ALTER TABLE transfers ADD novelty text")

    await adapters.settled(*await adapters.predictions_of(user, 1))
    assert await adapters.balance(user) == Balance(user, available=0, held=0)


async def execute_in(node: Node, database: str, statement: str) -> None:
    opened = await asyncpg.connect(node.url(database))
    try:
        await opened.execute(statement)
    finally:
        await opened.close()


async def test_a_managed_databases_url_works_with_a_certificate_that_is_checked(
    node: Node, migrated: str
) -> None:
    with server_folder("augury-tls-") as folder:
        crt, key = certificate(folder)
        tls = f"client_tls_sslmode = require\nclient_tls_cert_file = {crt}\nclient_tls_key_file = {key}"
        with pgbouncer("127.0.0.1", node.port, settings=tls) as url:
            url = url.replace("127.0.0.1", "localhost") + migrated

            async def works(parameters: str) -> None:
                async with open_pool(PostgresSettings(url=f"{url}?{parameters}")) as pool:
                    await check_schema(pool)

            await works("sslmode=require&connect_timeout=10&application_name=shop&keepalives_idle=30")
            await works(f"sslmode=require&channel_binding=require&connect_timeout=10&sslrootcert={crt}")
            with pytest.raises(Unavailable, match="name its authority with sslrootcert, or leave") as refused:
                await works("sslmode=require&channel_binding=require")
            assert "\n" not in str(refused.value)


async def test_a_setting_that_nobody_knows_is_refused_in_one_line(node: Node, migrated: str) -> None:
    with pytest.raises(Unavailable, match=r'refuses a parameter: .*"connection_limit"') as refused:
        async with open_pool(PostgresSettings(url=node.url(migrated) + "?connection_limit=1")):
            pass
    assert "\n" not in str(refused.value)


def test_processes_work_behind_it(
    pooler: str, node: Node, rabbitmq_url: str, tmp_path: Path, database: str, tone: TrainedTone
) -> None:
    with Service(pooler + database, rabbitmq_url, tmp_path) as service:
        service.augury("migrate")
        service.augury("model", "add", str(tone.file), "--name", "tone")
        service.augury("migrate", "--starter-model")
        service.api()
        service.worker()
        service.worker()

        for _ in range(4):
            assert seen(service.predicts, STARTS_WITHIN, "a prediction")
        assert "the books balance" in service.augury("ledger", "verify")
