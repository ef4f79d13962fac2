"""PostgreSQL stops in the middle of anything, has no connection left, or makes everyone wait for a lock."""

import asyncio
import signal
from functools import partial

import asyncpg

from tests.chaos.conftest import Form, Scenario
from tests.chaos.customers import PLAIN
from tests.chaos.world import until


async def test_postgresql_stops_immediately_and_starts(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open(workers=2)
    await customers.arrive(4)
    async with customers.busy():
        for _ in range(form.times(3, 20)):
            accepted = len(customers.accepted)
            await until(partial(scenario.has_accepted, accepted + 40), what="40 more predictions")
            await asyncio.to_thread(world.postgres.stop)
            world.faults += 1
            await asyncio.to_thread(world.postgres.start)
            await world.serves_again()
    await scenario.holds()


async def test_no_attempt_is_counted_while_postgresql_stops_for_longer_than_a_lease(
    scenario: Scenario, form: Form
) -> None:
    world, customers = scenario.world, scenario.customers
    world.settings |= {"lease": 4, "worker_batch": 2}
    await world.open()
    await customers.arrive(3)
    for _ in range(2):
        await world.worker(fault="slow:1")
    for number in range(30):
        await customers.submit(customers.new_order(customers.people[number % 3], PLAIN))
    outages = 0
    while outages < form.times(3, 10) and await world.unfinished():
        await until(partial(_is_processing, scenario), what="a claim")
        await asyncio.to_thread(world.postgres.stop)
        outages += 1
        world.faults += 1
        await asyncio.sleep(6)  # longer than a lease: each ends, and none can be renewed
        await asyncio.to_thread(world.postgres.start)
        await world.serves_again()
    assert outages > 1
    await world.settled()
    attempts = await world.fetch("SELECT attempts, count(*) AS times FROM predictions GROUP BY attempts")
    assert [(row["attempts"], row["times"]) for row in attempts] == [(1, 30)]
    await scenario.holds()


async def test_postgresql_stops_in_the_middle_of_commits_whose_outcome_nobody_knows(
    scenario: Scenario, form: Form
) -> None:
    """Commits wait for a missing standby: their rows survive, but no client learns that."""
    world, customers = scenario.world, scenario.customers
    await world.open(workers=1)
    await customers.arrive(4)
    async with customers.busy():
        for _ in range(form.times(1, 10)):
            accepted = len(customers.accepted)
            await until(partial(scenario.has_accepted, accepted + 20), what="20 more predictions")
            await world.postgres.execute(
                "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()"
            )
            await until(partial(_commits_hang, scenario), what="commits that hang")
            await asyncio.to_thread(world.postgres.stop)
            world.faults += 1
            world.postgres.forget_settings()
            await asyncio.to_thread(world.postgres.start)
            await world.serves_again()
    await scenario.holds()


async def test_postgresql_has_no_connection_left(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open(workers=1)
    await customers.arrive(4)
    async with customers.busy(at_once=4):
        for _ in range(form.times(1, 5)):
            taken: list[asyncpg.Connection] = []
            await world.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'augury'"
            )
            try:
                while True:
                    taken.append(await asyncpg.connect(world.database_url))
            except asyncpg.TooManyConnectionsError:
                world.faults += 1
            answers = customers.tried
            await until(partial(_has_tried, scenario, answers + 40), what="40 more requests")
            await asyncio.gather(*(connection.close() for connection in taken))
            await world.serves_again()
    await scenario.holds()


async def test_somebody_else_holds_a_lock_for_10_seconds(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open(workers=1)
    await customers.arrive(4)
    async with customers.busy():
        for _ in range(form.times(1, 5)):
            other = await asyncpg.connect(world.database_url)
            async with other.transaction():
                await other.execute("SELECT * FROM balances FOR UPDATE")
                world.faults += 1
                await other.execute("SELECT pg_sleep(10)")
            await other.close()
            accepted = len(customers.accepted)
            await until(partial(scenario.has_accepted, accepted + 20), what="20 more predictions")
    await scenario.holds()


async def test_a_worker_is_killed_while_its_settle_waits_for_a_lock(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open()
    await customers.arrive(2)
    for _ in range(form.times(1, 10)):
        worker = await world.worker(fault="slow:1")
        for person in customers.people:
            for _ in range(5):
                await customers.submit(customers.new_order(person, PLAIN))
        await until(partial(_is_processing, scenario), what="the claim")
        other = await asyncpg.connect(world.database_url)
        async with other.transaction():
            await other.execute("SELECT * FROM balances FOR UPDATE")
            await until(partial(_settle_waits, scenario), what="the settle")
            worker.popen.send_signal(signal.SIGKILL)
            assert await world.died(worker) == -signal.SIGKILL
        await other.close()
        survivor = await world.worker()
        await world.settled()
        survivor.stop()
    await scenario.holds()


async def _has_tried(scenario: Scenario, wanted: int) -> bool:
    return scenario.customers.tried >= wanted


async def _commits_hang(scenario: Scenario) -> bool:
    hanging = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = $1"
    return await scenario.world.count(hanging, scenario.world.database) >= 2


async def _is_processing(scenario: Scenario) -> bool:
    return bool(await scenario.world.count("SELECT count(*) FROM predictions WHERE status = 'processing'"))


async def _settle_waits(scenario: Scenario) -> bool:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%settled%'"
    )
    return bool(await scenario.world.count(waiting))
