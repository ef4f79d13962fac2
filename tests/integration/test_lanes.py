"""Both lanes with real processes: heavy users delay nobody, and share the remaining capacity."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import aio_pika
import asyncpg
import httpx
import pytest

from augury.bootstrap.topology import BULK
from tests.polling import eventually
from tests.processes import Service
from tests.trained_tone import TrainedTone

PASSWORD = "correct horse battery"
ROWS = 10_000
TEXTS = ("Отличный сервис, спасибо!", "Never again, what a waste.", "The shop opens at nine.")
LARGE = {"data": [{"text": f"{TEXTS[number % 3]} {number}"} for number in range(ROWS)]}
ORDER = "SELECT id, user_id FROM predictions WHERE finished_at IS NOT NULL ORDER BY finished_at"


@pytest.fixture
def service(database_url: str, rabbitmq_url: str, tmp_path: Path, tone: TrainedTone) -> Iterator[Service]:
    with Service(database_url, rabbitmq_url, tmp_path, {"sweep_every": 0.5}) as running:
        tone.offer(running)
        running.api()
        yield running


async def member(service: Service, client: httpx.AsyncClient, name: str) -> dict[str, str]:
    credentials = {"email": f"{name}@example.org", "password": PASSWORD}
    (await client.post("/auth/register", json=credentials)).raise_for_status()
    await asyncio.to_thread(service.augury, "user", "top-up", credentials["email"], "1000000")
    tokens = (await client.post("/auth/token", json=credentials)).raise_for_status().json()
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def submit(client: httpx.AsyncClient, headers: dict[str, str], body: object) -> UUID:
    answer = await client.post("/predictions", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["id"])


async def ended(database_url: str, count: int) -> list[Any]:
    """The ended predictions in the order of their end, once there are `count`."""
    connection = await asyncpg.connect(database_url)
    try:

        async def enough() -> list[Any] | None:
            rows = list(await connection.fetch(ORDER))
            return rows if len(rows) >= count else None

        found: list[Any] = await eventually(enough, f"the end of {count} predictions", within=120)
        return found
    finally:
        await connection.close()


async def test_a_light_user_is_answered_while_the_work_of_a_heavy_one_waits(
    service: Service, database_url: str
) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=120) as client:
        heavy, light = await member(service, client, "heavy"), await member(service, client, "light")
        waiting = [await submit(client, heavy, LARGE) for _ in range(8)]
        asking = asyncio.create_task(
            client.post("/predictions", json={"data": {"text": "hi"}}, headers=light | {"Prefer": "wait=60"})
        )
        await asyncio.sleep(0)
        await asyncio.to_thread(service.worker)

        answer = await asking
        order = [row["id"] for row in await ended(database_url, 9)]

    assert answer.status_code == 200, answer.text
    assert order.index(UUID(answer.json()["id"])) <= 1, "more than one heavy prediction was ahead"
    assert {*order} == {*waiting, UUID(answer.json()["id"])}
    assert "the books balance" in service.augury("ledger", "verify")


async def test_heavy_users_take_turns_by_their_weights(service: Service, database_url: str) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=120) as client:
        one, two = await member(service, client, "one"), await member(service, client, "two")
        said = await asyncio.to_thread(service.augury, "user", "share", "two@example.org", "2")
        of_one = {await submit(client, one, LARGE) for _ in range(6)}
        of_two = {await submit(client, two, LARGE) for _ in range(6)}
        await asyncio.to_thread(service.worker)
        order = ["one" if row["id"] in of_one else "two" for row in await ended(database_url, 12)]

    assert said == "two@example.org has the weight 2 in the bulk lane\n"
    assert len(of_one | of_two) == 12
    assert sorted(order[:3]) == sorted(order[3:6]) == ["one", "two", "two"], order
    assert "the books balance" in service.augury("ledger", "verify")


async def test_work_whose_tickets_were_lost_is_run_all_the_same(
    service: Service, database_url: str, rabbitmq_url: str
) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=120) as client:
        heavy = await member(service, client, "heavy")
        for _ in range(3):
            await submit(client, heavy, LARGE)
        async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
            queue = await channel.get_queue(BULK.name)

            async def all_there() -> bool:
                declared = await channel.declare_queue(BULK.name, passive=True)
                return declared.declaration_result.message_count == 3

            await eventually(all_there, "the tickets")
            await queue.purge()
        await asyncio.to_thread(service.worker)

        assert len(await ended(database_url, 3)) == 3
    assert "the books balance" in service.augury("ledger", "verify")
