"""Everything is asked to stop, in random order, again and again, and started anew."""

import asyncio
import random

from tests.chaos.conftest import Form, Scenario
from tests.chaos.world import World
from tests.processes import Process


async def test_sigterm_to_everything_in_random_order_every_second(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    dice = random.Random(form.seed)
    await world.open(workers=2)
    await customers.arrive(4)
    running = {"api": world.processes[0], "one": world.processes[1], "other": world.processes[2]}
    restarts: dict[str, asyncio.Task[None]] = {}
    async with customers.busy():
        for _ in range(form.times(12, 60)):
            free = [name for name in running if name not in restarts or restarts[name].done()]
            if free:
                name = dice.choice(free)
                restarts[name] = asyncio.create_task(_restarted(world, running, name))
            await asyncio.sleep(1)
        await asyncio.gather(*restarts.values())
    await scenario.holds()
    assert await world.count("SELECT count(*) FROM predictions WHERE failure IS NOT NULL") == 0


async def _restarted(world: World, running: dict[str, Process], name: str) -> None:
    world.faults += 1
    assert await asyncio.to_thread(running[name].stop) == 0, running[name].output
    running[name] = await (world.api(ready=False) if name == "api" else world.worker())
