"""RabbitMQ stops, dies, falls silent, loses its queue, or has no memory left, while everyone goes on."""

import asyncio
import re
from functools import partial

import pytest

from augury.application.predictions.ports.sweeping import FIRST_CHECK
from augury.bootstrap.topology import BULK, TASKS
from tests.chaos.conftest import Form, Scenario
from tests.chaos.customers import PLAIN
from tests.chaos.world import until


async def test_rabbitmq_stops_and_starts(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open(workers=1)
    await customers.arrive(3)
    async with customers.busy():
        for _ in range(form.times(1, 5)):
            for end in (world.rabbit.stop, world.rabbit.kill):
                await asyncio.to_thread(end)
                world.faults += 1
                await asyncio.to_thread(world.rabbit.start)
                await world.serves_again()
    await scenario.holds()


async def test_rabbitmq_falls_silent_under_publishes_and_dies(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open(workers=1)
    await customers.arrive(3)
    async with customers.busy():
        for _ in range(form.times(1, 5)):
            await asyncio.to_thread(world.rabbit.wait_until_queues_are_known)
            world.rabbit.pause()
            world.faults += 1
            accepted = len(customers.accepted)
            await until(partial(scenario.has_accepted, accepted + 30), what="30 more predictions")
            await asyncio.to_thread(world.rabbit.kill_at_once)
            await asyncio.to_thread(world.rabbit.start)
            await world.serves_again()
    await scenario.holds()


@pytest.mark.parametrize("queue", [TASKS.name, BULK.name])
async def test_the_queue_is_deleted_under_the_running_system(
    scenario: Scenario, form: Form, queue: str
) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open(workers=2)
    await customers.arrive(3)
    async with customers.busy():
        for _ in range(form.times(2, 10)):
            async with world.channel() as channel:
                await channel.queue_delete(queue)
            world.faults += 1
            finished = await _finished(scenario)
            await until(partial(_has_finished, scenario, finished + 20), what="20 more answers")
    await scenario.holds()


async def test_rabbitmq_has_no_memory_left(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open(workers=1)
    await customers.arrive(3)
    async with customers.busy():
        for _ in range(form.times(1, 5)):
            await asyncio.to_thread(world.rabbit.ctl, "set_vm_memory_high_watermark", "absolute", "1MB")
            world.faults += 1
            accepted = len(customers.accepted)
            await until(partial(scenario.has_accepted, accepted + 30), what="30 more predictions")
            await asyncio.to_thread(world.rabbit.ctl, "set_vm_memory_high_watermark", "0.4")
            await world.serves_again()
    await scenario.holds()


async def test_a_backlog_outlasts_the_patience_of_the_sweeper_and_nothing_of_it_is_published_again(
    scenario: Scenario, form: Form
) -> None:
    world, customers = scenario.world, scenario.customers
    await world.open()
    people = form.times(5, 80)  # so many that nothing goes to the bulk lane
    await customers.arrive(people)
    size = form.times(400, 20_000)
    few = asyncio.Semaphore(64)

    async def submit(number: int) -> None:
        async with few:
            await customers.submit(customers.new_order(customers.people[number % people], PLAIN))

    await asyncio.gather(*map(submit, range(size)))
    await until(partial(_all_published, scenario), what="the publishing of everything")
    world.faults += 1
    if not world.real_time:
        await world.age_everything()
    await until(lambda: _is_due(scenario), what="the end of the sweeper's patience")
    world.real_time = True
    seconds = form.times(5, 60) * 4 / await world.waiting()
    worker = await world.worker(worker_prefetch=4, fault=f"slow:{seconds:.3f}")
    await scenario.holds()
    assert sum(map(int, re.findall(r"put (\d+) again", worker.output))) == 0


async def test_a_worker_starts_on_more_messages_than_it_may_hold(scenario: Scenario, form: Form) -> None:
    """Messages that are delivered before the subscription is confirmed are run like the others."""
    world, customers = scenario.world, scenario.customers
    await world.open()
    await customers.arrive(2)
    for _ in range(form.times(1, 10)):
        for number in range(12):
            await customers.submit(customers.new_order(customers.people[number % 2], PLAIN))
        await until(partial(_all_published, scenario), what="the publishing of everything")
        world.real_time = True  # otherwise the sweeper would help
        worker = await world.worker(worker_prefetch=2)
        world.faults += 1
        done = partial(_nothing_unfinished, scenario)
        await until(done, within=25, strict=True, what="the end of the backlog")
        worker.stop()
    await scenario.holds()


async def _nothing_unfinished(scenario: Scenario) -> bool:
    return not await scenario.world.unfinished()


async def _all_published(scenario: Scenario) -> bool:
    before = await scenario.world.waiting()
    await asyncio.sleep(1)  # longer than the publisher waits for anything
    return before == await scenario.world.waiting()


async def _is_due(scenario: Scenario) -> bool:
    """Everything was put on the queue so long ago that the sweeper has looked at it, or will now."""
    seconds = FIRST_CHECK.total_seconds()
    return not await scenario.world.count(
        "SELECT count(*) FROM unfinished WHERE put_at > now() - $1 * interval '1 second'", seconds
    )


async def _finished(scenario: Scenario) -> int:
    return await scenario.world.count("SELECT count(*) FROM predictions WHERE status = 'succeeded'")


async def _has_finished(scenario: Scenario, wanted: int) -> bool:
    if not scenario.world.real_time:
        await scenario.world.age()
    return await _finished(scenario) >= wanted
