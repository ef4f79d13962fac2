"""A fail-over of the database: connections to an unusable node end, and new ones lead to the other node."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from asyncpg import Pool

from augury.application.ports import Unavailable
from augury.outbound.postgres.connecting import Connector
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.pool import connection, ping, transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.settings import PostgresSettings
from tests.postgres_nodes import Node, nodes
from tests.processes import STARTS_WITHIN, Service, eventually
from tests.trained_tone import TrainedTone

WRITE = "CREATE TABLE IF NOT EXISTS written ()"
PORT = "SELECT current_setting('port')::int"
READ_ONLY = ("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")


@pytest.fixture
def pair() -> Iterator[tuple[Node, Node]]:
    """A primary and its standby."""
    with nodes(count=2) as (first, second):
        first.make()
        first.start()
        second.follow(first)
        second.start()
        yield first, second


def both(*pair: Node, parameters: str = "") -> str:
    return f"postgresql://postgres@{','.join(f'127.0.0.1:{node.port}' for node in pair)}/postgres{parameters}"


async def execute(node: Node, *statements: str) -> None:
    opened = await asyncpg.connect(node.url())
    try:
        for statement in statements:
            await opened.execute(statement)
    finally:
        await opened.close()


async def serving(pool: Pool) -> int:
    """The port of the node that runs the pool's statements."""
    return int((await fetch(pool, PORT))[0][0])


async def written(pool: Pool) -> bool:
    try:
        await fetch(pool, WRITE)
    except Unavailable:
        return False
    return True


async def test_a_primary_that_comes_back_as_a_standby_is_left(pair: tuple[Node, Node]) -> None:
    first, second = pair
    async with open_pool(PostgresSettings(url=both(*pair))) as pool:
        assert await serving(pool) == first.port
        first.stop()
        second.promote()
        (first.folder / "standby.signal").touch()
        await execute(second, "SELECT 1")
        with (first.folder / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = 'host=127.0.0.1 port={second.port} user=postgres'\n")
        first.start()

        for _ in range(20):
            if await written(pool):
                break
        assert await written(pool)
        assert await serving(pool) == second.port
        await ping(pool)


async def test_a_node_that_takes_no_writes_any_more_loses_its_connections(
    pair: tuple[Node, Node],
) -> None:
    first, second = pair
    async with open_pool(PostgresSettings(url=both(*pair))) as pool:
        async with connection(pool), connection(pool), connection(pool):
            pass  # three of them are open now
        assert pool.get_size() == 3
        second.promote()
        await execute(first, *READ_ONLY)

        async def write_where_it_is_refused() -> None:
            async with transaction(pool) as taken:
                await taken.execute("SET TRANSACTION READ ONLY")  # as the server sets it, but sooner
                await taken.execute(WRITE)

        with pytest.raises(Unavailable, match="read-only"):
            await write_where_it_is_refused()

        async with connection(pool) as one, connection(pool) as two, connection(pool) as three:
            ports = {await each.fetchval(PORT) for each in (one, two, three)}
        assert ports == {second.port}


async def test_readiness_asks_for_a_node_that_takes_writes(pair: tuple[Node, Node]) -> None:
    first, second = pair
    async with open_pool(PostgresSettings(url=second.url())) as standby:
        with pytest.raises(Unavailable, match="does not accept writes"):
            await ping(standby)
        second.promote()
        await ping(standby)
    await execute(first, *READ_ONLY)
    async with open_pool(PostgresSettings(url=first.url())) as read_only:
        with pytest.raises(Unavailable, match="does not accept writes"):
            await ping(read_only)


@pytest.mark.parametrize("wanted", ["", "?target_session_attrs=read-write", "?target_session_attrs=primary"])
async def test_a_standby_is_passed_over(pair: tuple[Node, Node], wanted: str) -> None:
    first, second = pair
    async with open_pool(PostgresSettings(url=both(second, first, parameters=wanted))) as pool:
        assert await serving(pool) == first.port


async def test_a_silent_host_has_its_own_share_of_the_time_only(pair: tuple[Node, Node]) -> None:
    first, second = pair
    second.promote()
    with first.silent():
        async with open_pool(PostgresSettings(url=both(*pair), connect_timeout=timedelta(seconds=4))) as pool:
            assert await serving(pool) == second.port


async def test_a_host_that_kept_someone_waiting_is_asked_last_by_the_next(pair: tuple[Node, Node]) -> None:
    first, second = pair
    second.promote()
    connect = Connector(both(*pair), timeout=timedelta(hours=1))
    with first.silent():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await connect()
        async with asyncio.timeout(60):  # a share is half an hour
            connected = await connect()
    assert await connected.fetchval(PORT) == second.port
    await connected.close()


async def test_connections_to_a_node_that_fell_silent_are_given_up(pair: tuple[Node, Node]) -> None:
    first, second = pair
    settings = PostgresSettings(
        url=both(*pair),
        statement_timeout=timedelta(milliseconds=100),  # and five seconds for the server to keep to it
        connect_timeout=timedelta(seconds=2),
    )
    async with open_pool(settings) as pool:

        async def ask_in_a_transaction() -> None:
            async with transaction(pool) as taken:
                await taken.fetch("SELECT 1")

        second.promote()
        with first.silent():
            with pytest.raises(Unavailable):
                await ask_in_a_transaction()
            assert await serving(pool) == second.port


async def test_a_host_that_accepts_no_connections_is_passed_over(pair: tuple[Node, Node]) -> None:
    first, second = pair
    second.stop()
    second.start("hot_standby=off")
    with pytest.raises(asyncpg.CannotConnectNowError):
        await asyncpg.connect(second.url())

    async with open_pool(PostgresSettings(url=both(second, first))) as pool:
        assert await serving(pool) == first.port


async def test_where_no_host_will_do_each_says_why_in_one_line(pair: tuple[Node, Node]) -> None:
    pair[0].stop()
    with pytest.raises(Unavailable) as refused:
        async with open_pool(PostgresSettings(url=both(*pair))):
            pass

    assert str(refused.value).startswith(f"no host of the database can be used: 127.0.0.1:{pair[0].port}: ")
    assert str(refused.value).endswith(f"127.0.0.1:{pair[1].port}: not read-write")
    assert "\n" not in str(refused.value)


async def test_a_password_that_is_wrong_is_wrong_at_every_host(pair: tuple[Node, Node]) -> None:
    url = both(*pair).replace("postgres@", "nobody@")
    with pytest.raises(Unavailable, match='role "nobody" does not exist'):
        async with open_pool(PostgresSettings(url=url)):
            pass


def test_processes_go_on_after_a_fail_over_without_a_restart(
    pair: tuple[Node, Node], rabbitmq_url: str, tmp_path: Path, tone: TrainedTone
) -> None:
    first, second = pair
    with Service(both(*pair), rabbitmq_url, tmp_path, {"lease": 5, "sweep_every": 1}) as service:
        service.augury("migrate")
        service.augury("model", "add", str(tone.file), "--name", "tone")
        service.augury("migrate", "--starter-model")
        service.api()
        service.worker()

        assert eventually(service.predicts, STARTS_WITHIN, "the first prediction")
        first.stop()
        second.promote()
        (first.folder / "standby.signal").touch()
        with (first.folder / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = 'host=127.0.0.1 port={second.port} user=postgres'\n")
        first.start()

        assert eventually(service.predicts, 60, "a prediction after the fail-over")
        assert httpx.get(f"{service.url}/health/ready", timeout=10).status_code == 200
