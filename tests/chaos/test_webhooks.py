"""Webhooks while deliverers, the API and the broker are killed: every final state reaches its receiver."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial

import httpx
from asyncpg import Pool
from standardwebhooks import Webhook as Verifier

from tests.chaos.conftest import Form, Scenario
from tests.chaos.world import World, until
from tests.integration.test_webhooks import all_arrive
from tests.postgres_server import database_url, pool
from tests.webhook_receivers import Receiver, receiving

__all__ = ["database_url", "pool"]

CONNECTIONS = 20
TELLING = {
    "webhook_allow": "127.0.0.0/8",
    "webhook_connections": CONNECTIONS,
    "webhook_look_every": 0.1,
    "webhook_grace": 1,
}
FREED = "UPDATE webhook_deliveries SET due_at = now() WHERE due_at IS NOT NULL AND token IS NOT NULL"
"""The leases of killed deliverers end."""
HASTENED = "UPDATE webhook_deliveries SET due_at = now() WHERE due_at > now() AND token IS NULL"
"""The waits of failed tries end."""


async def test_deliverers_the_api_and_the_broker_are_killed_while_webhooks_are_sent(
    scenario: Scenario, form: Form
) -> None:
    world, customers = scenario.world, scenario.customers
    world.settings |= TELLING
    await world.open(workers=1)
    await customers.arrive(3)
    async with AsyncExitStack() as stack:
        receivers = [await stack.enter_async_context(receiving(answer=_fails_now_and_then)) for _ in range(3)]
        for person, receiver in zip(customers.people, receivers, strict=True):
            await _register(world, person.headers, receiver)
        deliverer, api, killed = await world.deliverer(), world.processes[0], 0
        wanted, rounds = form.times(1, 5_000), form.times(1, 10)
        async with customers.busy():
            while killed < rounds or sum(len(each.subjects) for each in receivers) < wanted:
                before = sum(each.calls for each in receivers)
                await until(partial(_called, receivers, before + 20), what="20 more calls")
                world.kill(deliverer)
                killed += 1
                await world.fetch(FREED)
                world.kill(api)
                await asyncio.to_thread(world.rabbit.kill)
                await asyncio.to_thread(world.rabbit.start)
                api = await world.api(ready=False)
                await world.serves_again()
                deliverer = await world.deliverer()
        await scenario.holds()
        await until(partial(_all_told, world), 120, "the end of all deliveries")
        finals = {str(row["id"]) for row in await world.fetch("SELECT id FROM predictions")}
        assert set().union(*(each.subjects for each in receivers)) == finals
        twice = sum((each.received for each in receivers), Counter[str]()).total() - len(finals)
        assert 0 <= twice <= killed * CONNECTIONS


def _fails_now_and_then(call: int) -> int:
    return (503, 0)[call % 2] if call % 20 == 7 else 204


async def _register(world: World, headers: dict[str, str], receiver: Receiver) -> None:
    body = {"url": f"http://127.0.0.1:{receiver.port}/", "events": ["prediction.finished"]}
    async with httpx.AsyncClient(base_url=world.url, headers=headers) as client:
        made = (await client.post("/webhooks", json=body)).raise_for_status().json()
    receiver.verifier = Verifier(made["secret"])


async def _called(receivers: list[Receiver], wanted: int) -> bool:
    return sum(each.calls for each in receivers) >= wanted


async def _all_told(world: World) -> bool:
    await world.fetch(HASTENED)
    return not await world.count("SELECT count(*) FROM webhook_deliveries WHERE status <> 'delivered'")


async def test_many_deliveries_of_which_some_fail_all_arrive(pool: Pool, form: Form) -> None:
    await all_arrive(pool, form.times(400, 20_000))
