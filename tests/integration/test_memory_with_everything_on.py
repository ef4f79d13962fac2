"""The memory of an API process that does everything it can, and what each part adds."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import httpx2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests import polling
from tests.inbound.web.site import Visitor
from tests.integration.test_event_streams import TEXT, opened
from tests.integration.test_service import PASSWORD, member
from tests.processes import STARTS_WITHIN, Process, Service, eventually, started
from tests.trained_tone import TrainedTone

MOST_BYTES = 128 * 10**6
ROWS = 4_000
"""In each batch."""
STREAMS = 200
ON: dict[str, object] = {
    "mcp": True,
    "user_requests_per_minute": 100_000,
    "key_requests_per_minute": 100_000,
    "guest_requests_per_minute": 100_000,
    "max_streams_per_user": STREAMS,
    "max_connections_per_address": 2 * STREAMS,
    "webhook_allow": "127.0.0.0/8",
}
PAGES = (
    *("/", "/app/predictions", "/app/files/new", "/app/money", "/app/money/usage", "/app/webhooks"),
    *("/app/keys", "/app/account", "/app/files", "/app/money/statement"),
    *(
        f"/app/desk/{name}"
        for name in ("overview", "users", "queue", "models", "books", "audit", "promo-codes")
    ),
)
READS = (
    *("/predictions", "/balance", "/models", "/batches", "/webhooks"),
    *("/users/me", "/users/me/api-keys", "/v2/models", "/v2/models/tone", "/api/openapi.json", "/api/docs"),
    *("/admin/overview", "/admin/users", "/admin/audit", "/admin/models", "/metrics", "/health/ready"),
)
TENSORS = {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["Thanks"]}]}


@pytest.fixture
async def service(
    database_url: str, rabbitmq_url: str, tmp_path: Path, tone: TrainedTone
) -> AsyncIterator[Service]:
    with Service(database_url, rabbitmq_url, tmp_path, dict(ON)) as running:
        await asyncio.to_thread(tone.offer, running)
        yield running


class Growth:
    """The resident memory of a process, said after each step."""

    def __init__(self, process: Process) -> None:
        self._status = Path(f"/proc/{process.popen.pid}/status")
        self.bytes = 0

    def note(self, step: str) -> None:
        [kilobytes] = re.findall(r"VmRSS:\s+(\d+) kB", self._status.read_text())
        before, self.bytes = self.bytes, int(kilobytes) * 1024
        print(f"{step:<40} {self.bytes / 1e6:6.1f} MB  {(self.bytes - before) / 1e6:+.1f}")


async def test_the_api_with_everything_on_stays_below_128_megabytes(service: Service) -> None:
    """A new process, because a forked one shares memory with its parent."""
    async with AsyncExitStack() as stack:
        log = service.folder / "api.log"
        api = stack.enter_context(started("api", env=service.env, log=log, fork=False))
        await asyncio.to_thread(eventually, lambda: service._ready(api), STARTS_WITHIN, "the API")
        memory = Growth(api)
        memory.note("started")
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=service.url, timeout=60))
        headers = await member(service, client, "ada", 2 * STREAMS + 3 * ROWS)
        await asyncio.to_thread(service.augury, "user", "promote", "ada@example.org")

        async def submit() -> str:
            answer = await client.post("/predictions", json=TEXT, headers=headers)
            return str(answer.raise_for_status().json()["urls"]["self"])

        worker = service.worker()
        wait = headers | {"Prefer": "wait=30"}
        (await client.post("/predictions/predict", json=TEXT, headers=wait)).raise_for_status()
        memory.note("an account and a prediction")
        for path in READS:
            assert (await client.get(path, headers=headers)).status_code == 200, path
        memory.note("reads")
        inferred = await client.post("/v2/models/tone/infer", json=TENSORS, headers=headers)
        assert inferred.status_code == 200, inferred.text
        memory.note("Open Inference Protocol")
        for number in range(10):
            body = {"url": f"http://127.0.0.1:9/{number}", "events": ["prediction.finished"]}
            (await client.post("/webhooks", json=body, headers=headers)).raise_for_status()
        memory.note("10 webhooks")
        visitor = Visitor(httpx.AsyncClient(base_url=service.url, timeout=60, follow_redirects=True))
        await stack.enter_async_context(visitor.client)
        await visitor.sign_in(password=PASSWORD)
        for path in PAGES:
            assert (await visitor.get(path)).status_code == 200, path
        memory.note("pages")
        agents = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=60))
        transport = streamable_http_client(f"{service.url}/mcp", http_client=agents)
        async with Client(transport, mode="auto") as agent:
            called = await agent.call_tool("predict_tone", {"rows": [TEXT["data"]]})
            assert not called.is_error, called
        memory.note("an agent's call")

        await asyncio.to_thread(worker.stop)
        accepted = [await submit() for _ in range(STREAMS)]
        streams = [opened(service, f"{path}/events", headers) for path in accepted]
        callers = await asyncio.gather(*streams)
        for caller in callers:
            stack.push_async_callback(caller.hang_up)
        memory.note(f"{STREAMS} streams")
        service.worker()
        await asyncio.gather(*(caller.reader.readuntil(b"event: succeeded\n") for caller in callers))
        memory.note("their ends")
        assert memory.bytes < MOST_BYTES

        for name, (content_type, content) in batches().items():
            sent = headers | {"Content-Type": content_type}
            batch = (await client.post("/batches", content=content, headers=sent)).raise_for_status().json()
            await eventually_over(client, batch["urls"]["self"], headers)
            memory.note(f"a batch of {ROWS} rows as {name}")
        for name in batches():
            results = batch["urls"]["results"] + f"?format={name}"
            assert len((await client.get(results, headers=headers)).raise_for_status().content) > 4 * ROWS
            memory.note(f"results as {name}")
        assert (await client.get(batch["urls"]["errors"], headers=headers)).json()["items"] == []
        memory.note("errors")
        assert memory.bytes < MOST_BYTES
        assert "libarrow" not in Path(f"/proc/{api.popen.pid}/maps").read_text(), "another process uses it"


def batches() -> dict[str, tuple[str, bytes]]:
    """By format, a file's content type and its bytes."""
    texts = [f"A parcel came {number} days early" for number in range(ROWS)]
    parquet = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), parquet)
    return {
        "csv": ("text/csv", "\n".join(["text", *texts]).encode()),
        "ndjson": ("application/x-ndjson", "\n".join(f'{{"text": "{text}"}}' for text in texts).encode()),
        "parquet": ("application/vnd.apache.parquet", parquet.getvalue()),
    }


async def eventually_over(client: httpx.AsyncClient, url: str, headers: dict[str, str]) -> None:
    async def is_over() -> bool:
        batch = (await client.get(url, headers=headers)).raise_for_status().json()
        return bool(batch["status"] == "succeeded")

    await polling.eventually(is_over, "the end of the batch")
