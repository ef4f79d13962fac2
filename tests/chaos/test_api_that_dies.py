"""The API is killed: between commit and publish, and while many wait for their answers."""

import asyncio
import signal
from functools import partial

from tests.chaos.conftest import Form, Scenario
from tests.chaos.customers import PLAIN
from tests.chaos.world import until


async def test_the_api_is_killed_after_the_commit_and_before_the_publish(
    scenario: Scenario, form: Form
) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open(workers=1)
    await customers.arrive(4)
    world.kill(world.processes[0])
    async with customers.busy():
        for time in range(form.times(2, 10)):
            doomed = await world.api(ready=False, fault=f"before-publish:{3 + time}")
            assert await world.died(doomed) == -signal.SIGKILL
        await world.api()
    await scenario.holds()


async def test_the_api_is_killed_while_50_wait_for_their_answers(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open()
    await customers.arrive(5)
    api = world.processes[0]
    for _ in range(form.times(1, 5)):
        orders = [customers.new_order(person, PLAIN) for person in customers.people for _ in range(10)]
        # The longest wait that the API allows: a busy machine takes its time to start API and worker again.
        waiting = [asyncio.create_task(customers.submit(order, wait=60)) for order in orders]
        rows = len(customers.orders)
        await until(partial(_accepted, scenario, rows), what="50 accepted predictions")
        world.kill(api)
        api, _ = await asyncio.gather(world.api(), world.worker())
        await asyncio.gather(*waiting)
    assert {order.answers[-1]["status"] for order in customers.orders} == {"succeeded"}
    await scenario.holds()


async def _accepted(scenario: Scenario, wanted: int) -> bool:
    return await scenario.world.count("SELECT count(*) FROM predictions") == wanted
