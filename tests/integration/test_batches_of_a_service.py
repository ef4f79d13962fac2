"""Batches through real processes: workers that are killed midway, and the memory for a large file."""

import asyncio
import csv
import io
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import psutil
import pytest

from tests.integration.test_service import member
from tests.patience import patience
from tests.processes import Process, Service, eventually, run
from tests.s3_server import SECRET, s3_server
from tests.trained_tone import TrainedTone

MEGABYTE = 1 << 20
SETTINGS = {"lease": 2, "sweep_every": 0.5}


@pytest.fixture
def service(database_url: str, rabbitmq_url: str, tmp_path: Path, tone: TrainedTone) -> Iterator[Service]:
    with Service(database_url, rabbitmq_url, tmp_path, dict(SETTINGS)) as running:
        tone.offer(running)
        yield running


def rows_of(count: int) -> str:
    return "id,text\n" + "".join(f"{row},the parcel number {row} came early\n" for row in range(count))


async def send(client: httpx.AsyncClient, headers: dict[str, str], content: Any) -> dict[str, Any]:
    response = await client.post("/batches", content=content, headers={**headers, "Content-Type": "text/csv"})
    assert response.status_code == 202, response.text
    body: dict[str, Any] = response.json()
    return body


async def ended(client: httpx.AsyncClient, headers: dict[str, str], batch: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(240 * patience()):
        while True:
            now: dict[str, Any] = (await client.get(batch["urls"]["self"], headers=headers)).json()
            if now["status"] not in ("queued", "processing"):
                return now
            await asyncio.sleep(0.2)


async def begun(client: httpx.AsyncClient, headers: dict[str, str], batch: dict[str, Any]) -> None:
    async with asyncio.timeout(60 * patience()):
        while not (await client.get(batch["urls"]["self"], headers=headers)).json()["done"]:
            await asyncio.sleep(0.02)


async def test_a_batch_survives_kills_of_workers_and_the_api_and_is_charged_once(service: Service) -> None:
    rows = 30_000
    api, first = service.api(), service.worker()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        headers = await member(service, client, "heavy", rows)
        batch = await send(client, headers, rows_of(rows))
        await begun(client, headers, batch)
        first.kill()
        api.kill()
        service.api()
        second, _ = service.worker(), service.worker()
        await begun(client, headers, batch)
        second.kill()

        now = await ended(client, headers, batch)

        assert (now["status"], now["done"], now["failed"], now["charged"]) == ("succeeded", rows, 0, rows)
        results = await client.get(batch["urls"]["results"], headers=headers)
        found = [row["id"] for row in csv.DictReader(io.StringIO(results.text, newline=""))]
        assert found == list(map(str, range(rows)))
        balance = (await client.get("/balance", headers=headers)).json()
        assert balance == {"available": 0, "held": 0}
    assert "the books balance" in service.augury("ledger", "verify")


async def test_a_batch_whose_rows_are_in_a_bucket(
    database_url: str,
    rabbitmq_url: str,
    tmp_path: Path,
    tone: TrainedTone,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket = f"batches-{uuid4().hex}"
    server = s3_server()
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    settings = {
        **SETTINGS,
        "store_url": f"{server.bucket(bucket)}/augury",
        "keep_batches": 0,
        "purge_every": 1,
    }
    rows = 5_000
    with Service(database_url, rabbitmq_url, tmp_path, settings) as service:
        await asyncio.to_thread(tone.offer, service)
        api = service.api()
        async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
            checks = {"database": "ok", "broker": "ok", "store": "ok"}
            assert (await client.get("/health/ready")).json() == {"status": "ready", "checks": checks}
            headers = await member(service, client, "heavy", rows)
            batch = await send(client, headers, rows_of(rows))
            assert len(server.keys(bucket)) == 4  # three slices, and the sheet
            assert all(each.startswith(f"augury/{batch['id']}/") for each in server.keys(bucket))
            connection = await asyncpg.connect(database_url)
            assert await connection.fetchval("SELECT count(*) FROM batch_objects") == 0
            await connection.close()
            worker = service.worker()
            now = await ended(client, headers, batch)
            assert (now["status"], now["done"]) == ("succeeded", rows)
            eventually(lambda: not server.keys(bucket), 60, "the purge")
            results = await client.get(batch["urls"]["results"], headers=headers)
            assert results.status_code == 410
        assert "the books balance" in service.augury("ledger", "verify")
        assert SECRET not in api.output + worker.output


def test_a_process_names_the_variable_of_a_store_that_cannot_be_used(
    database_url: str, rabbitmq_url: str, tmp_path: Path
) -> None:
    settings: dict[str, object] = {"store_url": "s3://key:very-secret@bucket"}
    service = Service(database_url, rabbitmq_url, tmp_path, settings)
    for process in ("api", "worker"):
        ended = run(process, env=service.env)

        assert ended.returncode == 1
        assert ended.stderr.splitlines()[-1].startswith("augury: AUGURY_STORE_URL must have no keys")
        assert "very-secret" not in ended.stderr


async def test_an_upload_that_is_killed_costs_nothing(service: Service) -> None:
    api = service.api()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        headers = await member(service, client, "cut", 100_000)
        content = rows_of(30_000).encode()

        async def cut() -> AsyncIterator[bytes]:
            yield content[: len(content) // 2]
            api.kill()
            yield content[len(content) // 2 :]

        with pytest.raises(httpx.TransportError):
            await send(client, headers, cut())
        service.api()

        assert (await client.get("/batches", headers=headers)).json()["items"] == []
        assert (await client.get("/balance", headers=headers)).json() == {"available": 100_000, "held": 0}


async def test_a_large_file_passes_through_little_memory(service: Service) -> None:
    api = service.api()
    async with httpx.AsyncClient(base_url=service.url, timeout=300) as client:
        headers = await member(service, client, "large", 10_000_000)
        small = await send(client, headers, rows_of(10_000))  # loads the libraries for batches
        await client.get(small["urls"]["results"], headers=headers)
        before = memory(api)
        sent = 0

        async def large() -> AsyncIterator[bytes]:
            nonlocal sent
            yield b"text,note\n"
            line = b"the parcel came early and the seller answered,"
            piece = b"".join(line + str(row).encode() * 40 + b"\n" for row in range(300))
            while sent < 100 * MEGABYTE:
                yield piece
                sent += len(piece)

        batch = await send(client, headers, large())

        assert sent >= 100 * MEGABYTE
        assert memory(api) - before < 64 * MEGABYTE
        canceled = await client.post(batch["urls"]["cancel"], headers=headers)
        assert canceled.json()["status"] == "canceled"
        assert canceled.json()["failed"] == batch["rows"]
        balance = (await client.get("/balance", headers=headers)).json()
        assert balance == {"available": 10_000_000 - 10_000, "held": 10_000}
        received = 0
        async with client.stream("GET", batch["urls"]["results"], headers=headers) as response:
            async for chunk in response.aiter_bytes():
                received += len(chunk)
        assert received > sent
        assert memory(api) - before < 64 * MEGABYTE
    assert api.stop(signal.SIGTERM) == 0


def memory(process: Process) -> int:
    """The process's memory in bytes."""
    size: int = psutil.Process(process.popen.pid).memory_info().rss
    return size


async def test_only_a_child_of_the_api_loads_arrow_and_only_when_a_batch_needs_it(service: Service) -> None:
    api = psutil.Process(service.api().popen.pid)
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        headers = await member(service, client, "light", 100)
        await client.get("/batches", headers=headers)
        assert not any(map(has_arrow, [api, *api.children(recursive=True)]))

        await send(client, headers, rows_of(10))
        assert any(map(has_arrow, api.children(recursive=True)))
        assert not has_arrow(api)


def has_arrow(process: psutil.Process) -> bool:
    return any("libarrow" in each.path for each in process.memory_maps())
