"""The limits of a key, and of requests, at two real API processes."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx

from augury.domain.model import ModelRef
from augury.outbound.postgres.models import PostgresModels
from tests.hexagon import a_model
from tests.integration.test_service import member
from tests.processes import Service

GUEST_REQUESTS = 200
SETTINGS: dict[str, object] = {"identity_cache": 0, "guest_requests_per_minute": GUEST_REQUESTS}
LASTING = "UPDATE throttle SET ends_at = now() + interval '1 day' WHERE key LIKE 'requests:guest:%'"
"""The window stays open however long the requests take. A process asks again each minute, and hears the same
count."""
TEXT = {"data": {"text": "hi"}, "model": "tone"}


async def test_two_api_processes_hold_the_limits_of_a_key_and_take_a_top_up_at_once(
    database_url: str, pool: asyncpg.Pool, rabbitmq_url: str, tmp_path: Path
) -> None:
    """No worker runs: everything that is accepted stays held."""
    await PostgresModels(pool).add(replace(a_model(), ref=ModelRef("tone", 1)))
    one, other = (Service(database_url, rabbitmq_url, tmp_path, dict(SETTINGS)) for _ in range(2))
    other._count = 10  # its log files stand beside those of the first
    with one, other:
        one.api()
        other.api()
        limits = httpx.Limits(max_connections=64)
        async with (
            httpx.AsyncClient(base_url=one.url, timeout=60, limits=limits) as here,
            httpx.AsyncClient(base_url=other.url, timeout=60, limits=limits) as there,
        ):
            owner = await member(one, here, "ada", 500)
            made = await here.post(
                "/users/me/api-keys", json={"name": "k", "limits": {"day": 500}}, headers=owner
            )
            key = {"Authorization": f"Bearer {made.raise_for_status().json()['key']}"}

            async def submit(number: int) -> httpx.Response:
                process = (here, there)[number % 2]
                return await process.post("/predictions", json=TEXT, headers=key)

            answers = await asyncio.gather(*(submit(number) for number in range(1_000)))
            assert Counter(answer.status_code for answer in answers) == {202: 500, 402: 500}
            [shown] = (await there.get("/users/me/api-keys", headers=owner)).json()["items"]
            assert shown["spent"] == {"day": 500, "month": 500}

            path = f"/users/me/api-keys/{made.json()['id']}"
            (await here.patch(path, json={"limits": None}, headers=owner)).raise_for_status()
            for process in (here, there):
                empty = await process.post("/predictions", json=TEXT, headers=key)
                assert empty.json()["type"] == "urn:augury:not-enough-credits", "the key has no limit now"
            one.augury("user", "top-up", "ada@example.org", "2")
            for process in (here, there):
                assert (await process.post("/predictions", json=TEXT, headers=key)).status_code == 202
            await _requests_of_guests_are_limited_over_both(here, there, pool)
    assert "the books balance" in one.augury("ledger", "verify")


async def _requests_of_guests_are_limited_over_both(
    here: httpx.AsyncClient, there: httpx.AsyncClient, pool: asyncpg.Pool
) -> None:
    """To within 10 %, whichever process a request reaches."""
    first = await here.get(f"/predictions/{uuid4()}")
    assert first.status_code == 404
    await pool.execute(LASTING)
    asked = [each.get(f"/predictions/{uuid4()}") for each in (here, there) * GUEST_REQUESTS]
    answers = Counter(answer.status_code for answer in await asyncio.gather(*asked))
    assert answers.total() == answers[404] + answers[429]
    assert 0.9 * GUEST_REQUESTS <= 1 + answers[404] <= GUEST_REQUESTS, answers
