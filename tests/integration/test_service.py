"""API and workers as processes, over a real PostgreSQL and a real RabbitMQ."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.postgres_server import server_log
from tests.processes import Service
from tests.trained_tone import TrainedTone

PASSWORD = "correct horse battery"
TEXTS = ("Отличный сервис, спасибо!", "Never again, what a waste.", "The shop opens at nine.")


@pytest.fixture
def service(database_url: str, rabbitmq_url: str, tmp_path: Path, tone: TrainedTone) -> Iterator[Service]:
    with Service(database_url, rabbitmq_url, tmp_path) as running:
        tone.offer(running)
        running.api()
        yield running


async def member(service: Service, client: httpx.AsyncClient, name: str, credits: int) -> dict[str, str]:
    """Register over the API and be topped up by the operator. Returns the headers with the credential."""
    credentials = {"email": f"{name}@example.org", "password": PASSWORD}
    (await client.post("/auth/register", json=credentials)).raise_for_status()
    await asyncio.to_thread(service.augury, "user", "top-up", credentials["email"], str(credits))
    tokens = (await client.post("/auth/token", json=credentials)).raise_for_status().json()
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_500_predictions_of_8_users_succeed_and_every_balance_is_exact(service: Service) -> None:
    for _ in range(3):
        service.worker()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        users = [await member(service, client, f"user{number}", 1000) for number in range(8)]

        async def predict(number: int) -> dict[str, Any]:
            body = {"data": {"text": TEXTS[number % 3]}}
            headers = users[number % 8] | {"Prefer": "wait=60"}
            answer = await client.post("/predictions/predict", json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            prediction: dict[str, Any] = answer.json()
            return prediction

        predictions = await asyncio.gather(*map(predict, range(500)))

        assert {prediction["status"] for prediction in predictions} == {"succeeded"}
        assert {prediction["output"]["label"] for prediction in predictions} >= {"positive", "negative"}
        for number, headers in enumerate(users):
            spent = len(range(number, 500, 8))
            balance = (await client.get("/balance", headers=headers)).json()
            assert (balance["available"], balance["held"]) == (1000 - spent, 0)
    assert "the books balance" in service.augury("ledger", "verify")
    assert "deadlock" not in server_log()


async def test_of_100_submits_at_once_exactly_those_that_can_be_paid_are_accepted(
    service: Service, database_url: str
) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        headers = await member(service, client, "frugal", 50)
        answers = await asyncio.gather(
            *(client.post("/predictions", json={"data": {"text": "hi"}}, headers=headers) for _ in range(100))
        )
        statuses = [answer.status_code for answer in answers]
        balance = (await client.get("/balance", headers=headers)).json()

    assert (statuses.count(202), statuses.count(402)) == (50, 50)
    assert (balance["available"], balance["held"]) == (0, 50)
    connection = await asyncpg.connect(database_url)
    try:  # PostgreSQL itself must refuse negative balances in between
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute("UPDATE balances SET available = -1")
    finally:
        await connection.close()


async def test_a_worker_asked_to_stop_does_not_wait_for_a_model_that_takes_its_time(
    service: Service,
) -> None:
    """It hands back unfinished work and ends, well within the 10 s of a container's stop."""
    service.settings |= {"fault": "slow:3600", "worker_grace": 0.1}
    worker = service.worker()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        headers = await member(service, client, "patient", 1)
        answer = await client.post("/predictions", json={"data": {"text": "hi"}}, headers=headers)
        self_url = answer.json()["urls"]["self"]

        async def status() -> str:
            found: dict[str, str] = (await client.get(self_url, headers=headers)).json()
            return found["status"]

        while await status() != "processing":
            pass
        assert await asyncio.to_thread(worker.stop) == 0
        assert await status() == "queued"
