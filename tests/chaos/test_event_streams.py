"""Event streams are open while the API and the broker are killed: every final state reaches its stream."""

import asyncio
import json
from functools import partial

import httpx

from tests.chaos.conftest import Form, Scenario
from tests.chaos.customers import FINAL, PLAIN, Order
from tests.chaos.world import World, until

STREAMS = 500


async def test_500_streams_are_open_while_api_and_broker_are_killed(scenario: Scenario, form: Form) -> None:
    world, customers = scenario.world, scenario.customers
    world.settings |= {"max_connections_per_address": 4 * STREAMS}
    await world.open()
    await customers.arrive(10)
    api = world.processes[0]
    async with httpx.AsyncClient(base_url=world.url, timeout=60, limits=httpx.Limits()) as client:
        for _ in range(form.times(1, 5)):
            orders = [
                customers.new_order(person, PLAIN)
                for person in customers.people
                for _ in range(STREAMS // len(customers.people))
            ]
            await asyncio.gather(*(customers.submit(order) for order in orders))
            following = [asyncio.create_task(_followed(client, order)) for order in orders]
            await until(partial(_streams, world, STREAMS), what="500 open streams")

            world.kill(api)
            await asyncio.to_thread(world.rabbit.kill)
            world.faults += 1
            worker, api = await asyncio.gather(world.worker(), world.api(ready=False))
            await until(partial(_streams, world, STREAMS), what="500 streams that are open again")
            await asyncio.to_thread(world.rabbit.start)
            await world.serves_again()
            await until(partial(_some_ended, following), what="the first ends")
            world.kill(api)
            world.kill(worker)
            await asyncio.to_thread(world.rabbit.kill_at_once)
            world.faults += 1
            await asyncio.to_thread(world.rabbit.start)
            api, _ = await asyncio.gather(world.api(), world.worker())
            await world.age()
            async with asyncio.timeout(300):
                await asyncio.gather(*following)
    assert {order.answers[-1]["status"] for order in customers.orders} == {"succeeded"}
    await scenario.holds()


async def _followed(client: httpx.AsyncClient, order: Order) -> None:
    """Read the stream until the final state, and open it again whenever it breaks."""
    while True:
        try:
            headers = order.customer.headers
            async with client.stream("GET", f"/predictions/{order.id}/events", headers=headers) as stream:
                assert stream.status_code in (200, 503), stream.status_code
                async for line in stream.aiter_lines():
                    if line.startswith("data: "):
                        state = json.loads(line.removeprefix("data: "))
                        if state["status"] in FINAL:
                            order.note(state)
                            return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.2)


async def _streams(world: World, wanted: int) -> bool:
    async with httpx.AsyncClient(base_url=world.url, timeout=10) as client:
        try:
            shown = (await client.get("/metrics")).text
        except httpx.TransportError:
            return False
    return f"augury_event_streams {wanted:.1f}" in shown


async def _some_ended(following: list[asyncio.Task[None]]) -> bool:
    return any(each.done() for each in following)
