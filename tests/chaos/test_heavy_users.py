"""Users with much work each, others with little, and workers that are killed in the middle of both."""

import random
import signal

from tests.chaos.conftest import Form, Scenario
from tests.chaos.customers import Customer, Customers

POINTS = ("after-claim", "after-predict", "inside-settle", "after-commit")
LARGE = 60
"""Rows beside the first: fifteen slices."""


async def test_heavy_users_and_kills_together(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open(workers=1)
    await customers.arrive(4)
    dice = random.Random(form.seed)
    async with customers.busy():
        for time in range(form.times(2, 10)):
            for point in POINTS:
                for person in customers.people[:2]:
                    await _submit_much(customers, person, dice, form.times(4, 20))
                doomed = await world.worker(fault=f"{point}:{time + 1}")
                assert await world.died(doomed) == -signal.SIGKILL
    await scenario.holds()
    assert await world.count("SELECT count(*) FROM shares") >= 2
    assert await world.count("SELECT max(attempts) FROM predictions") >= 2


async def _submit_much(customers: Customers, person: Customer, dice: random.Random, count: int) -> None:
    for _ in range(count):
        await customers.submit(customers.new_order(person, dice, more=LARGE))
