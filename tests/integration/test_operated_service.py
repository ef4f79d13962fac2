"""What an operator sees and does, with API and worker as processes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import pytest

from augury.bootstrap.topology import TASKS
from tests.polling import eventually
from tests.processes import Service
from tests.trained_tone import TrainedTone

PASSWORD = "correct horse battery"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def service(database_url: str, rabbitmq_url: str, tmp_path: Path, tone: TrainedTone) -> Iterator[Service]:
    with Service(database_url, rabbitmq_url, tmp_path) as running:
        tone.offer(running)
        running.augury("user", "create", "boss@example.org", "--admin", "--password", PASSWORD)
        running.augury("user", "create", "ada@example.org", "--password", PASSWORD)
        running.api()
        yield running


async def signed_in(client: httpx.AsyncClient, name: str) -> dict[str, str]:
    credentials = {"email": f"{name}@example.org", "password": PASSWORD}
    tokens = (await client.post("/auth/token", json=credentials)).raise_for_status().json()
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_noise_is_seen_and_replayed_while_paid_work_goes_on_and_is_refunded(
    service: Service, rabbitmq_url: str
) -> None:
    worker = service.worker()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        boss, ada = await signed_in(client, "boss"), await signed_in(client, "ada")

        async def queue() -> dict[str, Any]:
            answer: dict[str, Any] = (
                (await client.get("/admin/queue", headers=boss)).raise_for_status().json()
            )
            return answer

        async def dead(count: int) -> bool:
            return bool((await queue())["dead"] == count)

        async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
            for noise in (b"noise", b"\xff" * 1_000_000, b'{"prediction_ids": [], "attempt": 1}'):
                await channel.default_exchange.publish(aio_pika.Message(noise), TASKS.name, mandatory=True)
        await eventually(lambda: dead(3), "three dead letters")
        seen = await queue()
        assert {letter["reason"] for letter in seen["dead_letters"]} == {"rejected"}
        assert sorted(letter["size"] for letter in seen["dead_letters"]) == [5, 36, 1_000_000]

        made = await client.post(
            "/admin/promo-codes", json={"code": "START", "credits": 3, "limit": 9}, headers=boss
        )
        assert made.status_code == 201
        await client.post("/balance/redeem", json={"code": "start"}, headers=ada)
        traced = ada | {"traceparent": TRACE, "Prefer": "wait=60"}
        done = (await client.post("/predictions", json={"data": {"text": "Hi"}}, headers=traced)).json()
        assert done["status"] == "succeeded"
        line = f"ran prediction {done['id']}, traceparent {TRACE}"
        await eventually(lambda: line in worker.output, "the trace in the worker's log")

        replayed = await client.post("/admin/queue/replay", headers=boss)
        assert replayed.json() == {"replayed": 3}
        await eventually(lambda: dead(3), "their second death")

        url = f"/admin/predictions/{done['id']}/refund"
        answers = await asyncio.gather(*(client.post(url, json={}, headers=boss) for _ in range(15)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 14
        balance = (await client.get("/balance", headers=ada)).json()
        assert balance == {"available": 3, "held": 0}

        assert "the books balance" in await asyncio.to_thread(service.augury, "ledger", "verify")
        assert "augury_ledger_last_check_deviations 0.0" in (await client.get("/metrics")).text
