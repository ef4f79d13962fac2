"""A cluster of three RabbitMQ nodes, all known to every process, loses one while everyone goes on."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aio_pika
import pytest

from augury.bootstrap.topology import DEAD, TASKS
from augury.outbound.rabbitmq.hosts import urls_of
from tests.chaos.conftest import Form, Scenario
from tests.chaos.postgres import StoppablePostgres
from tests.chaos.world import World, new_world, until
from tests.rabbitmq_cluster import RabbitCluster, running_cluster

MORE = 30


@pytest.fixture(scope="module")
def cluster() -> Iterator[RabbitCluster]:
    with running_cluster() as made:
        yield made


@pytest.fixture
def world(
    postgres: StoppablePostgres, cluster: RabbitCluster, models: Path, tmp_path: Path
) -> Iterator[World]:
    """In real time: the sweeper would restore messages that are lost with a node, but only after half a
    minute."""
    cluster.start()
    first, url = cluster.nodes[0], cluster.fresh_url()
    with new_world(postgres, first, url, models, tmp_path, real_time=True) as made:
        yield made


async def test_a_node_of_three_dies(scenario: Scenario, cluster: RabbitCluster, form: Form) -> None:
    """Everything ends well, although the last node never comes back."""
    async with everyone_busy(scenario):
        for _ in range(form.times(1, 5)):
            await asyncio.to_thread(cluster.start)
            await lose_a_node(scenario, cluster)
    await holds_without_repair(scenario)


async def test_a_node_of_three_dies_with_the_dead_letters_of_an_earlier_version(
    scenario: Scenario, cluster: RabbitCluster, form: Form
) -> None:
    first, *_ = urls_of(scenario.world.rabbitmq_url)
    async with await aio_pika.connect(first) as connection, connection.channel() as channel:
        await channel.declare_queue(DEAD.name, durable=True, arguments={"x-queue-type": "classic"})

    async with everyone_busy(scenario):
        for _ in range(form.times(1, 5)):
            await lose_a_node(scenario, cluster)
            await asyncio.to_thread(cluster.start)
    await holds_without_repair(scenario)


@asynccontextmanager
async def everyone_busy(scenario: Scenario) -> AsyncIterator[None]:
    await scenario.world.open(workers=2)
    await scenario.customers.arrive(3)
    async with scenario.customers.busy():
        yield


async def lose_a_node(scenario: Scenario, cluster: RabbitCluster) -> None:
    """Stop the node that has the queue. The service must then be ready, and accept and answer predictions."""
    world, customers = scenario.world, scenario.customers
    vhost = world.rabbitmq_url.rpartition("/")[2]
    node = await asyncio.to_thread(cluster.leader, vhost, TASKS.name)
    await asyncio.to_thread(node.wait_until_queues_are_known)
    await asyncio.to_thread(node.kill_at_once)
    world.faults += 1
    await world.serves_again()
    before = {order.tag for order in customers.accepted}

    async def more_are_answered() -> bool:
        new = [order for order in customers.accepted if order.tag not in before]
        return sum(1 for each in await customers.stored(new) if each["status"] == "succeeded") >= MORE

    await until(more_are_answered, what=f"{MORE} more answers")


async def holds_without_repair(scenario: Scenario) -> None:
    """Check that nothing waited for the sweeper, which looks for lost messages after half a minute."""
    await scenario.holds()
    outputs = [process.output for process in scenario.world.processes]
    assert sum(int(count) for each in outputs for count in re.findall(r"put (\d+) again", each)) == 0
