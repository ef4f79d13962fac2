"""Webhooks end to end: real PostgreSQL, the deliverer, and receivers on real sockets."""

import asyncio
import os
import re
import signal
import ssl
import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from asyncpg import Pool
from prometheus_client import CollectorRegistry
from standardwebhooks import Webhook as Verifier

from augury.application.webhooks.deliver_webhook import DeliverWebhook
from augury.application.webhooks.settings import WebhookSettings
from augury.concurrency.background import background
from augury.domain.identifiers import UserId
from augury.domain.webhook import EventType, Webhook
from augury.domain.webhook_signature import WebhookSecrets
from augury.inbound.deliverer.deliverer import WebhookDeliverer
from augury.inbound.deliverer.settings import BasePath, DelivererSettings
from augury.outbound.delivery_counters import PrometheusDeliveryCounters
from augury.outbound.postgres.due_deliveries import PURGE, TAKE
from augury.outbound.postgres.pages import LAST
from augury.outbound.postgres.webhook_deliveries import PAGE as DELIVERIES
from augury.outbound.postgres.webhooks import FAILING
from augury.outbound.system_clock import SystemClock
from augury.outbound.webhook_sender import HttpWebhookSender
from tests.adapters import Adapters, postgres_adapters
from tests.contract.test_webhooks import a_webhook
from tests.hexagon import a_model
from tests.polling import eventually
from tests.webhook_receivers import KnownAddresses, Receiver, receiving

SECRETS = WebhookSecrets("k" * 32)
SETTINGS = WebhookSettings(allow=(ip_network("127.0.0.0/8"),), timeout=timedelta(seconds=15))


def deliverer(adapters: Adapters, settings: WebhookSettings = SETTINGS, **given: Any) -> WebhookDeliverer:
    addresses = KnownAddresses()
    addresses.by_name["receiver.test"] = ["127.0.0.1"]
    sender = HttpWebhookSender(addresses, settings, ssl.create_default_context())
    deliver = DeliverWebhook(sender=sender, secrets=SECRETS, settings=settings, clock=SystemClock())
    counters = PrometheusDeliveryCounters(CollectorRegistry())
    rules = DelivererSettings(look_every=timedelta(milliseconds=50), grace=timedelta(seconds=1), **given)
    return WebhookDeliverer(
        deliver, adapters.due_deliveries, adapters.predictions, adapters.batches, counters, rules, BasePath()
    )


async def hooked(adapters: Adapters, receiver: Receiver, user_id: UserId) -> Webhook:
    hook = a_webhook(user_id, EventType.PREDICTION_FINISHED, EventType.LIMIT_REACHED)
    hook = replace(hook, url=receiver.url)
    receiver.verifier = Verifier(SECRETS.secret(hook.id, 1))
    assert await adapters.webhooks.add(hook, most=10)
    return hook


async def fill(pool: Pool, hook: Webhook, how_many: int) -> None:
    """Deliveries as a settlement writes them."""
    await pool.execute(
        """
        INSERT INTO webhook_deliveries (id, webhook_id, event, facts, occurred_at, due_at)
        SELECT gen_random_uuid(), $1, 'limit.reached', '{"limit": "day"}', now(), now()
        FROM generate_series(1, $2)
        """,
        hook.id,
        how_many,
    )


async def left(pool: Pool) -> int:
    return int(await pool.fetchval("SELECT count(*) FROM webhook_deliveries WHERE status <> 'delivered'"))


async def hasten(pool: Pool) -> None:
    """Let the waits of failed tries end, so that nobody waits for them."""
    await pool.execute(
        "UPDATE webhook_deliveries SET due_at = now() WHERE due_at > now() AND token IS NULL AND tries > 0"
    )


async def test_two_thousand_deliveries_of_which_some_fail_all_arrive(pool: Pool) -> None:
    """`tests/chaos` has 20,000 of them."""
    await all_arrive(pool, 2_000)


async def all_arrive(pool: Pool, how_many: int) -> None:
    """One try in 20 fails: with an error, or without an answer. Every event arrives, and arrives once."""
    adapters = postgres_adapters(pool)

    def answer(call: int) -> int:
        return (503, 0)[call % 2] if call % 20 == 7 else 204

    async with AsyncExitStack() as stack:
        receivers = [await stack.enter_async_context(receiving(answer=answer)) for _ in range(8)]
        for receiver in receivers:
            hook = await hooked(adapters, receiver, await adapters.user())
            await fill(pool, hook, how_many // len(receivers))
        await stack.enter_async_context(
            background(*(deliverer(adapters, connections=40).run() for _ in range(2)))
        )
        while await left(pool):
            await hasten(pool)
            await asyncio.sleep(0.05)

    received = sum((each.received for each in receivers), Counter[str]())
    assert len(received) == how_many
    assert sum(received.values()) == how_many  # nobody died, so nothing came twice
    calls = sum(each.calls for each in receivers)
    assert how_many < calls < how_many * 1.2


async def test_a_silent_receiver_holds_up_nobody_else(pool: Pool) -> None:
    adapters = postgres_adapters(pool)
    stuck = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stuck.wait()
        writer.close()

    async with receiving() as well, receiving() as first:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        first.port = server.sockets[0].getsockname()[1]
        async with server:
            await fill(pool, await hooked(adapters, first, await adapters.user()), 500)
            await fill(pool, await hooked(adapters, well, await adapters.user()), 100)
            async with background(deliverer(adapters, connections=20, per_webhook=4).run()):
                await eventually(lambda: len(well.received) == 100)
                await until_true(
                    pool, "SELECT count(*) = 500 FROM webhook_deliveries WHERE status <> 'delivered'"
                )
                taken = await pool.fetchval("SELECT count(*) FROM webhook_deliveries WHERE token IS NOT NULL")
                assert taken == 4
                stuck.set()


async def test_a_deliverer_that_stops_hands_back_what_it_holds(pool: Pool) -> None:
    adapters = postgres_adapters(pool)
    async with receiving() as receiver:
        server = await asyncio.start_server(lambda *_: asyncio.sleep(3_600), "127.0.0.1", 0)
        async with server:
            receiver.port, real = server.sockets[0].getsockname()[1], receiver.port
            hook = await hooked(adapters, receiver, await adapters.user())
            await fill(pool, hook, 3)
            async with background(deliverer(adapters).run()):
                await until_true(pool, "SELECT count(*) = 3 FROM webhook_deliveries WHERE token IS NOT NULL")
        assert (
            await pool.fetchval(
                "SELECT count(*) FROM webhook_deliveries WHERE token IS NULL AND due_at <= now()"
            )
            == 3
        )
        await pool.execute("UPDATE webhooks SET url = $1", f"http://receiver.test:{real}/")
        async with background(deliverer(adapters).run()):
            await eventually(lambda: len(receiver.received) == 3)


async def until_true(pool: Pool, question: str) -> None:
    while not await pool.fetchval(question):
        await asyncio.sleep(0.01)


async def test_settled_predictions_reach_their_receiver_with_their_answers(pool: Pool) -> None:
    adapters = postgres_adapters(pool)
    await adapters.models.add(a_model())
    async with receiving() as receiver:
        hook = await hooked(adapters, receiver, await adapters.user(50))
        predictions = await adapters.predictions_of(hook.user_id, 40)
        await adapters.settled(*predictions)
        async with background(deliverer(adapters).run()):
            await eventually(lambda: len(receiver.received) == 40)

    assert receiver.subjects == {str(each.id) for each in predictions}


PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"


async def test_the_receiver_of_the_manual_verifies(tmp_path: Path, pool: Pool) -> None:
    adapters = postgres_adapters(pool)
    [program] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "receiver.py").write_text(program)
    hook = await hooked(adapters, Receiver(port=9), await adapters.user())
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    secret = SECRETS.secret(hook.id, 1)
    running = subprocess.Popen(
        [sys.executable, "receiver.py"],
        cwd=tmp_path,
        env=os.environ | {"WEBHOOK_SECRET": secret, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        await pool.execute("UPDATE webhooks SET url = $1", f"http://receiver.test:{port}/")
        await fill(pool, hook, 2)
        async with background(deliverer(adapters).run()):
            while await left(pool):
                await hasten(pool)
                await asyncio.sleep(0.05)
        assert running.stdout
        lines = [running.stdout.readline() for _ in range(2)]
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert lines == ['limit.reached {"limit": "day"}\n'] * 2


async def test_the_list_of_failing_webhooks_follows_its_index(pool: Pool) -> None:
    adapters = postgres_adapters(pool)
    hook = await hooked(adapters, Receiver(port=9), await adapters.user())
    copies = """
    INSERT INTO webhooks (id, user_id, url, events, description, generation, created_at, failing_since)
    SELECT gen_random_uuid(), user_id, url, events, description, 1, now(),
        CASE WHEN number % 500 = 0 THEN now() END
    FROM webhooks, generate_series(1, 20000) AS number WHERE id = $1
    """
    await pool.execute(copies, hook.id)
    await pool.execute("ANALYZE webhooks")
    [*rows] = await pool.fetch(f"EXPLAIN {FAILING}", LAST, 21)
    plan = "\n".join(row[0] for row in rows)
    assert "webhooks_failing_idx" in plan, plan
    assert "Sort" not in plan, plan
    assert len(await adapters.webhooks.failing(limit=21)) == 21


async def test_pages_of_deliveries_and_the_take_follow_indexes(pool: Pool) -> None:
    adapters = postgres_adapters(pool)
    hooks = [await hooked(adapters, Receiver(port=9), await adapters.user()) for _ in range(3)]
    for hook in hooks:
        await fill(pool, hook, 2_000)
    ended = "UPDATE webhook_deliveries SET due_at = NULL, finished_at = now() WHERE webhook_id = $1"
    await pool.execute(ended, hooks[0].id)
    await pool.execute("ANALYZE webhook_deliveries")
    async with pool.acquire() as connection, connection.transaction():
        for sql, values, index in (
            (DELIVERIES, (hooks[1].id, LAST, 21), "webhook_deliveries_webhook_id_id_idx"),
            (
                TAKE,
                (hooks[0].id, timedelta(seconds=30), 100, 50, 10, [], []),
                "webhook_deliveries_due_idx",
            ),
            (PURGE, (timedelta(days=1),), "webhook_deliveries_finished_idx"),
        ):
            plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}", *values))
            assert index in plan, plan
            assert "Seq Scan on webhook_deliveries" not in plan, plan
