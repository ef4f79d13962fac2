"""Event streams of a real API process: what two thousand cost, and what its stop does to them."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.integration.test_service import member
from tests.listening import Caller, connected
from tests.polling import eventually
from tests.processes import Service
from tests.trained_tone import TrainedTone

STREAMS = 2_000
MOST_BYTES = 40_000_000
BUSY = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""
TEXT = {"data": {"text": "Отличный сервис, спасибо!"}}


@pytest.fixture
def service(database_url: str, rabbitmq_url: str, tmp_path: Path, tone: TrainedTone) -> Iterator[Service]:
    most = dict.fromkeys(
        ("max_connections_per_address", "max_pending", "max_streams", "max_streams_per_user"), 2 * STREAMS
    )
    with Service(database_url, rabbitmq_url, tmp_path, settings=dict(most)) as running:
        tone.offer(running)
        yield running


async def opened(service: Service, path: str, headers: dict[str, str]) -> Caller:
    """A stream, after its first event."""
    caller = await connected(service.port)
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: localhost",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    caller.send("\r\n".join([*lines, "", ""]))
    async with asyncio.timeout(120):
        assert b" 200 " in await caller.reader.readuntil(b"\r\n")
        await caller.reader.readuntil(b"event: queued\n")
    return caller


async def final_of(client: httpx.AsyncClient, url: str, headers: dict[str, str]) -> str:
    """The last event of a prediction's stream, which is opened again if it ends early."""
    async with asyncio.timeout(300):
        while True:
            async with client.stream("GET", f"{url}/events", headers=headers) as stream:
                names = [
                    line.removeprefix("event: ")
                    async for line in stream.aiter_lines()
                    if line.startswith("event: ")
                ]
            if names[-1] not in ("queued", "processing"):
                return names[-1]


async def test_2000_streams_cost_little_and_end_at_a_stop_and_nobody_misses_anything(
    service: Service, database_url: str
) -> None:
    api = service.api()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=service.url, timeout=300))
        headers = await member(service, client, "follower", STREAMS)
        accepted: list[dict[str, Any]] = []
        for _ in range(STREAMS // 100):
            answers = [client.post("/predictions", json=TEXT, headers=headers) for _ in range(100)]
            accepted += [answer.json() for answer in await asyncio.gather(*answers)]
        paths = [each["urls"]["self"] for each in accepted]
        before = api.memory

        callers: list[Caller] = []
        for begin in range(0, STREAMS, 100):
            some = paths[begin : begin + 100]
            callers += await asyncio.gather(*(opened(service, f"{path}/events", headers) for path in some))
        cost = api.memory - before

        print(f"{STREAMS} streams: {cost / 1e6:.1f} MB")
        assert cost < MOST_BYTES
        metrics = (await client.get("/metrics")).text
        assert f"augury_event_streams {STREAMS:.1f}" in metrics
        connection = await asyncpg.connect(database_url)
        stack.push_async_callback(connection.close)

        async def nothing_is_held() -> bool:
            return bool(await connection.fetchval(BUSY) == 0)

        await eventually(nothing_is_held)
        stopping = asyncio.create_task(asyncio.to_thread(api.stop))
        ends = await asyncio.gather(*(caller.rest() for caller in callers))
        assert await stopping == 0
        assert all(end.endswith(b"0\r\n\r\n") for end in ends)
        for caller in callers:
            await caller.hang_up()

        service.api()
        following = [asyncio.create_task(final_of(client, path, headers)) for path in paths[::40]]
        service.worker()
        assert set(await asyncio.gather(*following)) == {"succeeded"}
