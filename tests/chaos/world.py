"""Everything that runs during one scenario, and the promise that must hold when it is over."""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import asyncpg
import httpx
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

from augury.application.limits import Limits
from augury.bootstrap.topology import DEAD, TASKS
from augury.broker.trouble import TROUBLE
from augury.outbound.postgres.ledger import PostgresLedger
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.rabbitmq.hosts import first_that_answers, urls_of
from tests.chaos.postgres import TEMPLATE, StoppablePostgres
from tests.patience import patience
from tests.processes import Process, environment, free_port, started
from tests.rabbitmq_server import RabbitServer

SETTINGS: dict[str, object] = {
    "secret_key": "a secret of the tests, long enough to be one",
    "lease": 2,
    "sweep_every": 0.5,
    "worker_grace": 2,
    "worker_retry_pause": 0.2,
    "worker_batch": 64,
    "database_connect_timeout": 2,
    "database_lock_timeout": 4,
    "database_statement_timeout": 8,
    "registrations_per_hour": 1_000_000,
    "sign_ins_per_minute": 1_000_000,
    "redeems_per_minute": 1_000_000,
    "access_lifetime": 86_400,
    "max_pending": 100_000,
    "small_rows": 3,
    "slice_rows": 4,
}
"""Timeouts are shortened so that a run takes minutes, and few rows count as large, so that every scenario has
work in both lanes. Everything else is as in production."""

STARTS_WITHIN = 60
SETTLES_WITHIN, SETTLES_IN_REAL_TIME_WITHIN = 90, 900
AGE = """
UPDATE unfinished u SET
    put_at = CASE p.status WHEN 'queued' THEN put_at - interval '2 minutes' ELSE put_at END, due_at = now()
FROM predictions p WHERE p.id = u.prediction_id
"""
"""The sweeper waits for half a minute by the database's clock, so the stored times are made older instead.
Leases are not changed."""


async def until(
    holds: Callable[[], Awaitable[Any]], within: float = 60, what: str = "it", *, strict: bool = False
) -> Any:
    """The first true result of `holds`. Fails when time is up.

    A busy machine gets more time unless `strict`: with more time, something else, such as the sweeper, could
    help.
    """
    clock = asyncio.get_running_loop().time
    begun = clock()
    while not (answer := await holds()):
        waited = clock() - begun
        assert waited < (within if strict else within * patience()), (
            f"{what} did not happen within {waited:.0f} s"
        )
        await asyncio.sleep(0.05)
    return answer


async def drained(queue: AbstractQueue) -> list[AbstractIncomingMessage]:
    """Take every message out of a queue."""
    messages = []
    while message := await queue.get(fail=False):
        await message.ack()
        messages.append(message)
    return messages


@dataclass
class World:
    """API and workers over a database, a virtual host and a models folder of this scenario."""

    postgres: StoppablePostgres
    rabbit: RabbitServer
    database: str
    rabbitmq_url: str
    folder: Path
    real_time: bool
    """Wait in real time for the sweeper, instead of making the stored times older."""
    settings: dict[str, object] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    faults: int = 0
    """How often this scenario broke something."""
    processes: list[Process] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        return self.postgres.url(self.database)

    @property
    def models(self) -> Path:
        return self.folder / "models"

    def env(self, **more: object) -> dict[str, str]:
        own = {
            "database_url": self.database_url,
            "rabbitmq_url": self.rabbitmq_url,
            "models_dir": self.models,
            "port": self.port,
        }
        return environment(**(SETTINGS | own | self.settings | more))

    async def api(
        self, *, ready: bool = True, variables: dict[str, str] | None = None, **more: object
    ) -> Process:
        """Start an API process, and wait until it serves. `ready`: until its dependencies work, too."""
        process = self._start("api", variables, more)
        path = "ready" if ready else "live"

        async def serves() -> bool:
            return process.popen.poll() is not None or await self._answers(path)

        await until(serves, STARTS_WITHIN, "the API's start")
        assert process.popen.poll() in (None, -signal.SIGKILL), process.output
        return process

    async def serves_again(self) -> None:
        """Wait until the API is ready."""
        await until(lambda: self._answers("ready"), STARTS_WITHIN, "the API's return")

    async def _answers(self, path: str) -> bool:
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{self.url}/health/{path}", timeout=5)).status_code == 200
        except httpx.TransportError:
            return False

    async def worker(self, *, variables: dict[str, str] | None = None, **more: object) -> Process:
        """Start a worker, and wait until it works."""
        process = self._start("worker", variables, more)

        async def works() -> bool:
            assert process.popen.poll() in (None, -signal.SIGKILL), process.output
            return "the worker is running" in process.output or process.popen.poll() is not None

        await until(works, STARTS_WITHIN, "a worker's start")
        return process

    async def deliverer(self) -> Process:
        """Start a deliverer of webhooks, and wait until it works."""
        process = self._start("deliver", None, {})

        async def works() -> bool:
            assert process.popen.poll() is None, process.output
            return "the deliverer is running" in process.output

        await until(works, STARTS_WITHIN, "a deliverer's start")
        return process

    async def open(self, *, workers: int = 0) -> None:
        """Start the API and `workers` workers at the same time."""
        await asyncio.gather(self.api(), *(self.worker() for _ in range(workers)))

    def _start(self, name: str, variables: dict[str, str] | None, more: dict[str, object]) -> Process:
        log = self.folder / f"{name}-{len(self.processes)}.log"
        env = self.env(**more) | (variables or {})
        process = self._stack.enter_context(started(name, env=env, log=log))
        self.processes.append(process)
        return process

    async def died(self, process: Process, within: float = 30) -> int:
        """Wait for the end of a process. Returns its exit code."""
        self.faults += 1
        return await asyncio.to_thread(process.popen.wait, within * patience())

    def kill(self, process: Process) -> None:
        self.faults += 1
        process.kill()

    async def fetch(self, statement: str, *values: object) -> list[Any]:
        return await self.postgres.fetch(self.database, statement, *values)

    async def count(self, statement: str, *values: object) -> int:
        number: int = (await self.fetch(statement, *values))[0][0]
        return number

    async def model_file(self, name: str) -> Path:
        """The path of a model's file."""
        [row] = await self.fetch("SELECT sha256 FROM models WHERE name = $1", name)
        return self.models / f"{row['sha256']}.cbm"

    @contextmanager
    def small_disk_for_models(self, size: int) -> Iterator[Callable[[], None]]:
        """Keep the models on a disk of `size` bytes. Yields a function that fills it."""
        kept = self.folder / "kept"
        self.models.rename(kept)
        self.models.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "augury", self.models], check=True)
        try:
            shutil.copytree(kept, self.models, dirs_exist_ok=True)
            yield self._fill
        finally:
            self.close()
            subprocess.run(["umount", self.models], check=True)

    def _fill(self) -> None:
        with (self.models / ".filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(4096))

    async def unfinished(self) -> int:
        return await self.count("SELECT count(*) FROM unfinished")

    async def age(self) -> None:
        """Let the sweeper's waiting time pass for everything that is queued now."""
        with suppress(asyncpg.DeadlockDetectedError):  # with the sweeper; callers repeat this
            await self.postgres.execute(AGE, database=self.database)

    async def age_everything(self) -> None:
        """Make waiting work two minutes older, in the books and in the queue."""
        await self.age()
        async with self.channel() as channel:
            for message in await drained(await channel.get_queue(TASKS.name)):
                assert message.timestamp is not None
                older = aio_pika.Message(
                    message.body,
                    headers=message.headers,
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    timestamp=message.timestamp - timedelta(minutes=2),
                )
                await channel.default_exchange.publish(older, TASKS.name)

    async def settled(self) -> None:
        """Wait until nothing is unfinished any more."""
        looks = 0

        async def done() -> bool:
            nonlocal looks
            looks += 1
            if not self.real_time and looks % 20 == 0:
                await self.age()
            return not await self.unfinished()

        within = SETTLES_IN_REAL_TIME_WITHIN if self.real_time else SETTLES_WITHIN
        await until(done, within, "the end of all predictions")

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """The test's own channel to the broker."""
        urls = urls_of(self.rabbitmq_url)
        async with await first_that_answers(urls, aio_pika.connect, trouble=TROUBLE) as connection:
            yield await connection.channel()

    async def messages(self, queue: str) -> int:
        """How many messages are ready in a queue."""
        async with self.channel() as channel:
            declared = await channel.declare_queue(queue, passive=True)
            return declared.declaration_result.message_count or 0

    async def dead(self) -> int:
        return await self.messages(DEAD.name)

    async def waiting(self) -> int:
        return await self.messages(TASKS.name)

    async def deviations(self) -> list[str]:
        """The deviations that `augury ledger verify` finds."""
        async with open_pool(PostgresSettings(url=self.database_url)) as pool:
            return [str(each) for each in (await PostgresLedger(pool, Limits()).verify()).deviations]

    def close(self) -> None:
        for process in self.processes:
            if process.popen.poll() is None:
                process.popen.send_signal(signal.SIGCONT)
                process.kill()
        self._stack.close()


@contextmanager
def new_world(
    postgres: StoppablePostgres,
    rabbit: RabbitServer,
    rabbitmq_url: str,
    models: Path,
    folder: Path,
    *,
    real_time: bool,
) -> Iterator[World]:
    """A separate world for one scenario, over shared servers."""
    database = f"chaos_{uuid4().hex}"
    asyncio.run(postgres.execute(f"CREATE DATABASE {database} TEMPLATE {TEMPLATE}"))
    shutil.copytree(models, folder / "models")
    world = World(postgres, rabbit, database, rabbitmq_url, folder, real_time)
    try:
        yield world
    finally:
        world.close()
        postgres.start()
        asyncio.run(postgres.execute(f"DROP DATABASE {database} WITH (FORCE)"))
