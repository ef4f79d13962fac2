"""Workers that are killed at every point of a batch, freeze, meet poison, or take longer than their lease."""

import asyncio
import signal
from functools import partial

from tests.chaos.conftest import Form, Scenario
from tests.chaos.customers import PLAIN
from tests.chaos.world import until
from tests.frozen import freeze
from tests.processes import Process

POINTS = ("after-claim", "after-predict", "inside-settle", "after-commit")


async def test_a_worker_is_killed_at_each_point_of_a_batch(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open(workers=1)
    await customers.arrive(3)
    async with customers.busy(at_once=form.times(1, 2)):
        for time in range(form.times(1, 10)):
            for point in POINTS:
                doomed = await world.worker(fault=f"{point}:{time + 1}")
                assert await world.died(doomed) == -signal.SIGKILL
    await scenario.holds()


async def test_a_worker_freezes_beyond_its_lease_and_comes_back(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open()
    await customers.arrive(1)
    [person] = customers.people
    for _ in range(form.times(1, 5)):
        frozen = await world.worker(fault="slow:1.5")
        order = await customers.order(person, PLAIN)
        await until(lambda: _is(scenario, "processing"), what="the claim")
        await asyncio.to_thread(freeze, frozen.popen.pid)
        world.faults += 1
        other = await world.worker()
        await world.settled()
        [before] = await customers.stored([order])

        frozen.popen.send_signal(signal.SIGCONT)
        await until(partial(_says, frozen, "lease any more"), what="the zombie's settle")

        assert [before] == await customers.stored([order])
        assert await world.count("SELECT attempts FROM predictions WHERE id = $1", order.id) == 2
        frozen.stop()
        other.stop()
    await scenario.holds()


async def test_an_input_kills_whoever_predicts_it(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open()
    await customers.arrive(2)
    orders = [await customers.order(customers.people[n % 2], PLAIN) for n in range(20)]
    poison = orders[form.times(7, 11)]

    while await world.unfinished():
        doomed = await world.worker(fault=f"poison:{poison.tag}")
        await until(partial(_over, scenario, doomed), what="the worker's end, or everything's")
        if doomed.popen.poll() is not None:
            world.faults += 1

    [failed] = await customers.stored([poison])
    assert (failed["status"], failed["failure"]) == ("failed", "too_many_attempts")
    assert world.faults == 3
    await scenario.holds(failed=frozenset({poison.tag}))


async def test_a_batch_takes_longer_than_its_lease(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    world.settings["lease"] = 1
    await world.open()
    await customers.arrive(2)
    for _ in range(form.times(1, 2)):
        await world.worker(fault="slow:3")
    async with customers.busy(at_once=form.times(1, 4)):
        await until(lambda: _is(scenario, "succeeded"), what="the end of a batch")
        world.faults += 1
    await scenario.holds()
    assert await world.count("SELECT max(attempts) FROM predictions") == 1


async def _is(scenario: Scenario, status: str) -> bool:
    return bool(await scenario.world.count("SELECT count(*) FROM predictions WHERE status = $1", status))


async def _says(process: Process, words: str) -> bool:
    return words in process.output


async def _over(scenario: Scenario, process: Process) -> bool:
    if not scenario.world.real_time:
        await scenario.world.age()
    return process.popen.poll() is not None or not await scenario.world.unfinished()
