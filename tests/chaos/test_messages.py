"""Messages come twice, in any order, among messages that are not ours."""

import json
import random
from uuid import uuid4

import aio_pika

from augury.bootstrap.topology import DEAD, TASKS
from tests.chaos.conftest import Form, Scenario
from tests.chaos.customers import PLAIN
from tests.chaos.world import drained, until


async def test_every_message_comes_twice_in_random_order_and_among_noise(
    scenario: Scenario, form: Form
) -> None:
    world, customers = scenario.world, scenario.customers
    dice = random.Random(form.seed)
    await world.open()
    await customers.arrive(10)  # so few for each that none goes to the bulk lane
    for number in range(form.times(100, 2_000)):
        await customers.submit(customers.new_order(customers.people[number % 10], PLAIN))
    await until(lambda: _published(scenario), what="the publishing of everything")
    noise = [
        b"this is no JSON",
        json.dumps({"prediction_ids": [str(uuid4())], "attempt": 1}).encode(),
        dice.randbytes(1_000_000),
        b"",
        b'{"prediction_ids": [], "attempt": 1}',
        b"[" * 100_000,
    ]
    async with world.channel() as channel:
        bodies = [message.body for message in await drained(await channel.get_queue(TASKS.name))]
        deliveries = [*bodies, *bodies, *noise]
        dice.shuffle(deliveries)
        for body in deliveries:
            await channel.default_exchange.publish(aio_pika.Message(body), TASKS.name)
        world.faults += len(deliveries)
        await world.worker()
        await world.worker()
        await world.settled()
        await until(lambda: _dead(scenario, len(noise)), what="the noise's end")
        await scenario.holds(dead=len(noise))
        dead = await channel.get_queue(DEAD.name)
        found = {(await dead.get()).body for _ in noise}
    assert found == set(noise)
    assert await world.count("SELECT max(attempts) FROM predictions") == 1


async def _published(scenario: Scenario) -> bool:
    async with scenario.world.channel() as channel:
        queue = await channel.get_queue(TASKS.name)
        messages = []
        while message := await queue.get(fail=False):
            messages.append(message)
        count = sum(len(json.loads(message.body)["prediction_ids"]) for message in messages)
        for message in messages:
            await message.nack()
    return count == len(scenario.customers.accepted)


async def _dead(scenario: Scenario, wanted: int) -> bool:
    return await scenario.world.dead() >= wanted
