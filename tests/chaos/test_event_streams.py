"""API, deliverer, worker and broker are killed together while event streams are open and webhooks are sent:
every final state reaches its stream and its receiver."""

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial

import httpx
from standardwebhooks import Webhook as Verifier

from tests.chaos.conftest import Form, Scenario
from tests.chaos.customers import FINAL, PLAIN, Customer, Order
from tests.chaos.world import World, until
from tests.webhook_receivers import Receiver, receiving

STREAMS = 500
PEOPLE = 10
CONNECTIONS = 20
SETTINGS: dict[str, object] = {
    "worker_batch": 4,  # so that the kill comes before most ends
    "max_connections_per_address": 4 * STREAMS,
    "webhook_allow": "127.0.0.0/8",
    "webhook_connections": CONNECTIONS,
    "webhook_look_every": 0.1,
    "webhook_grace": 1,
    "webhook_timeout": 120,  # receivers share a busy process: what they answer too late would come twice
}
FREED = "UPDATE webhook_deliveries SET due_at = now() WHERE due_at IS NOT NULL AND token IS NOT NULL"
"""The leases of killed deliverers end."""
HASTENED = "UPDATE webhook_deliveries SET due_at = now() WHERE due_at > now() AND token IS NULL"
"""The waits of failed tries end."""
UNTOLD = "SELECT count(*) FROM webhook_deliveries WHERE status <> 'delivered'"


async def test_500_streams_are_open_and_webhooks_are_sent_while_everything_is_killed(
    scenario: Scenario, form: Form
) -> None:
    """The short form has one round of 500 streams and webhooks, the long one ten, and so 5,000 webhooks."""
    world, customers = scenario.world, scenario.customers
    world.settings |= SETTINGS
    await world.open()
    await customers.arrive(PEOPLE)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=world.url, timeout=60, limits=httpx.Limits())
        )
        receivers = [
            await stack.enter_async_context(receiving(answer=_fails_now_and_then)) for _ in range(PEOPLE)
        ]
        for person, receiver in zip(customers.people, receivers, strict=True):
            await _register(client, person, receiver)
        await world.deliverer()
        rounds = form.times(1, 10)
        for _ in range(rounds):
            await _round(scenario, client, receivers)
        assert {order.answers[-1]["status"] for order in customers.orders} == {"succeeded"}
        await scenario.holds()
        await until(partial(_all_told, world), 120, "the end of all deliveries")
    finals = {order.id for order in customers.orders}
    assert len(finals) == rounds * STREAMS
    assert set().union(*(each.subjects for each in receivers)) == finals
    twice = sum((each.received for each in receivers), Counter[str]()).total() - len(finals)
    print(f"{len(finals)} webhooks, {twice} of them twice")
    assert 0 <= twice <= rounds * CONNECTIONS, "more than the killed deliverers had under way"


async def _round(scenario: Scenario, client: httpx.AsyncClient, receivers: list[Receiver]) -> None:
    """500 predictions with a stream each, and one kill of everything while they end and are told."""
    world, customers = scenario.world, scenario.customers
    orders = [customers.new_order(person, PLAIN) for person in customers.people * (STREAMS // PEOPLE)]
    for order in orders:
        order.key = f"order {order.tag}"  # without a key it is sent once, and a busy API may not accept it
    await asyncio.gather(*(customers.submit(order) for order in orders))
    following = [asyncio.create_task(_followed(client, order)) for order in orders]
    await until(lambda: _streams(world, STREAMS), what="500 open streams")
    before = sum(each.calls for each in receivers)
    await world.worker()
    await until(lambda: _under_way(following, receivers, before + 1), what="ends that are told")

    for process in world.processes:
        if process.popen.poll() is None:
            world.kill(process)
    await asyncio.to_thread(world.rabbit.kill)
    world.faults += 1
    print(f"killed with {_left(following)} streams open, {await world.count(UNTOLD)} webhooks not sent")
    await world.fetch(FREED)
    await world.api(ready=False)
    await until(lambda: _streams(world, _left(following)), what="open streams while the broker is away")
    await asyncio.to_thread(world.rabbit.start)
    _, worker, _ = await asyncio.gather(world.serves_again(), world.worker(), world.deliverer())
    await world.age()
    async with asyncio.timeout(300):
        await asyncio.gather(*following)
    worker.kill()  # the next round's begins when its streams are open


def _fails_now_and_then(call: int) -> int:
    return (503, 0)[call % 2] if call % 20 == 7 else 204


async def _register(client: httpx.AsyncClient, person: Customer, receiver: Receiver) -> None:
    body = {"url": f"http://127.0.0.1:{receiver.port}/", "events": ["prediction.finished"]}
    made = (await client.post("/webhooks", json=body, headers=person.headers)).raise_for_status().json()
    receiver.verifier = Verifier(made["secret"])


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


def _left(following: list[asyncio.Task[None]]) -> int:
    return sum(not each.done() for each in following)


async def _streams(world: World, wanted: int) -> bool:
    async with httpx.AsyncClient(base_url=world.url, timeout=10) as client:
        try:
            shown = (await client.get("/metrics")).text
        except httpx.TransportError:
            return False
    return f"augury_event_streams {wanted:.1f}" in shown


async def _under_way(following: list[asyncio.Task[None]], receivers: list[Receiver], calls: int) -> bool:
    return _left(following) < STREAMS and sum(each.calls for each in receivers) >= calls


async def _all_told(world: World) -> bool:
    await world.fetch(HASTENED)
    return not await world.count(UNTOLD)
