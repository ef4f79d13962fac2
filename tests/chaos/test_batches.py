"""A batch of many slices, while workers, the API, the broker and the database are killed in turn."""

import asyncio
import csv
import io
import random
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from tests.catboost_models import WORDS
from tests.chaos.conftest import Form, Scenario
from tests.chaos.customers import PATIENCE, Customer
from tests.chaos.world import World, until
from tests.processes import Process, run

POINTS = ("after-claim", "after-predict", "inside-settle", "after-commit")
ROWS = 20_000
SLICES = 10
PIECES = 20
SLOW = "slow:0.5"
"""A worker that takes so many seconds for a slice: there is time to break something meanwhile."""


async def test_a_batch_under_kills(scenario: Scenario, form: Form) -> None:
    """Each batch meets one kill: of a worker at each of its points, of each process, and of all at once."""
    world, customers = scenario.world, scenario.customers
    running = Running(world, await world.api())
    await customers.arrive(4)
    owner, *others = customers.people
    rounds = form.times(1, 10)
    batches = rounds * (len(POINTS) + len(running.kills) + 1)
    await customers.top_up(owner, batches * ROWS, random.Random(form.seed))
    # To a worker that is made slow, each prediction of the others costs as much time as a slice. By weight, a
    # slice would have to wait for hundreds of them.
    weighted = await asyncio.to_thread(run, "user", "share", owner.email, "100", env=world.env())
    assert weighted.returncode == 0, weighted.stderr
    for number in range(rounds):
        clients = [Client(world, owner, f"batch {number} {each}") for each in range(batches // rounds)]
        for point, client in zip(POINTS, clients, strict=False):
            await client.send()
            assert await world.died(await world.worker(fault=f"{point}:3")) == -signal.SIGKILL
            await running.finish(client)
        customers.people = others
        async with customers.busy(at_once=1):
            for kills, client in zip(running.kills, clients[len(POINTS) :], strict=False):
                await client.send()
                await running.broken(client, kills)
                await running.finish(client)
            await clients[-1].send_and_break(partial(world.kill, running.api))
            running.api = await world.api()
            accepted = await clients[-1].send()
            assert await clients[-1].send() == accepted
            await running.finish(clients[-1])
        customers.people = [owner, *others]
    await world.worker()
    await scenario.holds()
    assert await world.count("SELECT max(attempts) FROM predictions WHERE batch_id IS NOT NULL") == 2
    captures = "SELECT count(*) FROM transfers JOIN predictions ON id = reference WHERE batch_id IS NOT NULL"
    assert await world.count(f"{captures} AND kind = 'capture'") == batches * SLICES


@dataclass
class Running:
    """What runs, and can be killed in the middle of a batch."""

    world: World
    api: Process
    kills: Sequence[Sequence[str]] = (("api",), ("broker",), ("database",), ("api", "broker", "database"))

    async def broken(self, client: "Client", kills: Sequence[str]) -> None:
        """While a batch runs, kill these and the worker, and start them again."""
        worker = await self.world.worker(fault=SLOW)
        await until(client.has_begun, 60, "the first slice")
        assert not await client.has_ended()
        for each in kills:
            await asyncio.to_thread(self._kill, each)
        self.world.kill(worker)
        await asyncio.to_thread(self.world.postgres.start)
        await asyncio.to_thread(self.world.rabbit.start)
        if "api" in kills:
            self.api = await self.world.api(ready=False)
        await self.world.serves_again()

    async def finish(self, client: "Client") -> None:
        """Have a healthy worker run what is left of the batch, and look at every row."""
        worker = await self.world.worker()
        await until(client.has_ended, 120, "the end of the batch")
        await client.check()
        assert await asyncio.to_thread(worker.stop) == 0, worker.output

    def _kill(self, what: str) -> None:
        if what == "api":
            self.world.kill(self.api)
            return
        self.world.faults += 1
        (self.world.rabbit.kill if what == "broker" else self.world.postgres.stop)()


@dataclass
class Client:
    """Who sends one file as a batch, again and again with the same key, and reads it."""

    world: World
    owner: Customer
    key: str
    batch: dict[str, Any] | None = None

    async def send_and_break(self, break_it: Callable[[], None]) -> None:
        with pytest.raises(httpx.TransportError):
            await self._post(self._file(break_it))

    async def send(self) -> str:
        """The id of the batch."""
        answer = await self._post(self._file())
        assert answer.status_code == 202, answer.text
        self.batch = answer.json()
        return str(self.batch["id"])

    async def read(self) -> dict[str, Any]:
        """How it is; a server that is away is asked again."""
        assert self.batch is not None
        while True:
            try:
                async with self._client() as client:
                    answer = await client.get(self.batch["urls"]["self"])
                if answer.status_code == 200:
                    found: dict[str, Any] = answer.json()
                    return found
                assert answer.status_code == 503, answer.text
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)

    async def has_ended(self) -> bool:
        return (await self.read())["status"] not in ("queued", "processing")

    async def has_begun(self) -> bool:
        return bool((await self.read())["done"])

    async def check(self) -> None:
        """Every row was answered once, in order, and paid for."""
        now = await self.read()
        assert (now["status"], now["done"], now["failed"]) == ("succeeded", ROWS, 0), now
        assert (now["price"], now["charged"]) == (ROWS, ROWS)
        async with self._client() as client:
            results = await client.get(now["urls"]["results"])
        rows = csv.DictReader(io.StringIO(results.text, newline=""))
        assert [(row["id"], bool(row["label"])) for row in rows] == [(str(row), True) for row in range(ROWS)]

    async def _post(self, content: AsyncIterator[bytes]) -> httpx.Response:
        headers = {"Content-Type": "text/csv", "Idempotency-Key": self.key}
        async with self._client() as client:
            return await client.post("/batches?model=tone", content=content, headers=headers)

    async def _file(self, break_it: Callable[[], None] | None = None) -> AsyncIterator[bytes]:
        yield b"id,text\n"
        size = ROWS // PIECES
        for piece in range(PIECES):
            if break_it and piece == PIECES // 2:
                await asyncio.to_thread(break_it)
            rows = range(piece * size, (piece + 1) * size)
            yield "".join(f"{row},{WORDS[row % len(WORDS)]}\n" for row in rows).encode()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.world.url, timeout=PATIENCE, headers=self.owner.headers)
