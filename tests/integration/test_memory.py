"""The processes' memory under the largest requests that are allowed, against their containers' limits."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.test_service import member
from tests.processes import Process, Service
from tests.trained_tone import TrainedTone

COMPOSE = Path(__file__).parents[2] / "docker-compose.yaml"
ROWS = 98
TEXT = "a b c d e " * 9_990
"""Just below the limit, with as many words as it can have: words are what costs memory."""


@pytest.fixture
def service(database_url: str, rabbitmq_url: str, tmp_path: Path, tone: TrainedTone) -> Iterator[Service]:
    with Service(database_url, rabbitmq_url, tmp_path) as running:
        tone.offer(running)
        yield running


def limit_of(service: str) -> int:
    """The bytes of memory that this service's container may have."""
    [(number, unit)] = re.findall(
        rf"^  {service}:\n(?:    .*\n|\n)*?    mem_limit: (\d+)([mg])$", COMPOSE.read_text(), re.MULTILINE
    )
    return int(number) * {"m": 2**20, "g": 2**30}[unit]


def peak_of(process: Process) -> int:
    """The most bytes that the process has ever had in memory."""
    status = Path(f"/proc/{process.popen.pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024


async def test_five_of_the_largest_requests_at_once_keep_every_process_within_its_container(
    service: Service,
) -> None:
    api, worker = service.api(), service.worker()
    body = {"data": [{"text": TEXT}] * ROWS}
    async with httpx.AsyncClient(base_url=service.url, timeout=300) as client:
        headers = await member(service, client, "large", 5 * ROWS)

        async def predict() -> None:
            answer = await client.post("/predictions", json=body, headers=headers)
            assert answer.status_code == 202, answer.text
            url = answer.json()["urls"]["self"]
            while (await client.get(url, headers=headers)).json()["status"] != "succeeded":
                await asyncio.sleep(0.5)

        await asyncio.gather(*(predict() for _ in range(5)))

    print(f"API {peak_of(api) / 2**20:.0f} MiB, worker {peak_of(worker) / 2**20:.0f} MiB")
    assert peak_of(api) < 0.9 * limit_of("app")
    assert peak_of(worker) < 0.9 * limit_of("ml-worker")
