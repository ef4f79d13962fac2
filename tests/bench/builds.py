"""Two builds of Augury side by side, on one PostgreSQL and one RabbitMQ, each with its own database."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import psutil

from tests.bench.load import ask, get, post
from tests.processes import environment, eventually, free_port

USERS = 8
TEXT = "The parcel came a day early and the seller even answered my question, I am delighted"


@dataclass
class Build:
    """The processes of one checkout."""

    name: str
    checkout: Path
    database_url: str
    rabbitmq_url: str
    """Empty for `augury up`: one process, with a queue of its own."""
    folder: Path
    users: int = USERS
    settings: dict[str, object] = field(default_factory=dict)
    """More settings, for all processes."""
    absent_in_api: Sequence[str] = ()
    """Packages that the API is started without, as in its image."""
    port: int = field(default_factory=free_port)
    api: list[psutil.Process] = field(default_factory=list)
    workers: list[psutil.Process] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def env(self) -> dict[str, str]:
        settings: dict[str, object] = {
            "database_url": self.database_url,
            "secret_key": "a secret of the bench, long enough to be one",
            "models_dir": self.folder / "models",
            "port": self.port,
            "max_pending": 10**6,
            "max_waiting": 10**6,
            "fair_pending": 10**6,
            "small_time": 10**6,
            "access_lifetime": 86_400,
            "sign_ins_per_minute": 10**6,
            "registrations_per_hour": 10**6,
            "welcome_credits": 10**8,
            "log_level": "WARNING",
        }
        if self.rabbitmq_url:
            settings["rabbitmq_url"] = self.rabbitmq_url
        return environment(**(settings | self.settings))

    @property
    def processes(self) -> Sequence[psutil.Process]:
        return (*self.api, *self.workers)

    def augury(self, *arguments: str) -> None:
        command = self._command(*arguments)
        subprocess.run(command, cwd=self.folder, env=self.env, check=True, capture_output=True)

    async def open(self) -> None:
        """Start the API and one worker, with members who have credits to spend."""
        self.augury("migrate", "--starter-model")
        self.api.append(self._start("api" if self.rabbitmq_url else "up"))
        eventually(self._ready, 60, f"the API of {self.name}")
        for number in range(self.users):
            credentials = {"email": f"bench{number}@example.org", "password": "correct horse battery"}
            await ask(self.port, post("/auth/register", credentials), msgspec.json.decode)
            sign_in = post("/auth/token", credentials)
            answer: Any = await ask(self.port, sign_in, msgspec.json.decode)
            self.tokens.append(answer["access_token"])
        if self.rabbitmq_url:
            self.employ(1)

    def employ(self, workers: int) -> None:
        """Run this many workers."""
        while len(self.workers) < workers:
            self.workers.append(self._start("worker"))
        for worker in self.workers[workers:]:
            worker.terminate()
            worker.wait(15)
        del self.workers[workers:]

    def close(self) -> None:
        self._stack.close()

    def submits(self, count: int, *, wait: int = 0) -> list[bytes]:
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        each = [
            post("/predictions/predict", {"data": {"text": TEXT}}, headers | self._credential(token))
            for token in self.tokens
        ]
        return [each[number % len(each)] for number in range(count)]

    def reads(self, path: str, count: int) -> list[bytes]:
        return [get(path, self._credential(self.tokens[0]))] * count

    async def rows(self, rows: Sequence[object]) -> Any:
        headers = {"Prefer": "wait=60"} | self._credential(self.tokens[0])
        request = post("/predictions/predict", {"data": rows}, headers)
        return await ask(self.port, request, msgspec.json.decode)

    def _credential(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    def _command(self, *arguments: str) -> list[str]:
        python = str(self.checkout / ".venv/bin/python")
        if arguments != ("api",) or not self.absent_in_api:
            return [python, "-m", "augury.bootstrap.cli", *arguments]
        absent = f"import sys; sys.modules.update(dict.fromkeys({list(self.absent_in_api)}))"
        command = "from augury.bootstrap.cli.root import main; main(prog_name='augury')"
        return [python, "-c", f"{absent}; {command}", *arguments]

    def _start(self, name: str) -> psutil.Process:
        log = (self.folder / f"{name}.log").open("ab")
        popen = subprocess.Popen(self._command(name), cwd=self.folder, env=self.env, stdout=log, stderr=log)
        self._stack.callback(log.close)
        self._stack.callback(_ended, popen)
        return psutil.Process(popen.pid)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready").status_code == 200
        except httpx.TransportError:
            return False


def _ended(popen: "subprocess.Popen[bytes]") -> None:
    popen.terminate()
    popen.wait(15)


def cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    """CPU seconds of these processes and their children so far, including those that have ended."""
    total = 0.0
    for root in processes:
        for each in (root, *root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # it has just ended
                times = each.cpu_times()
                total += times.user + times.system
        total += root.cpu_times().children_user + root.cpu_times().children_system
    return total


@dataclass(frozen=True)
class Written:
    """What PostgreSQL has written so far."""

    wal_bytes: int
    commits: int

    @classmethod
    async def so_far(cls, database: "asyncpg.Connection[Any]") -> "Written":
        await database.execute("SELECT pg_stat_force_next_flush()")
        row = await database.fetchrow(
            "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS wal, xact_commit FROM pg_stat_database"
            " WHERE datname = current_database()"
        )
        assert row is not None
        return cls(int(row["wal"]), row["xact_commit"])


SHORTEST = 1.0
"""CPU seconds. The system counts in hundredths, so shorter times mean nothing."""


class Foreign:
    """How much of the machine others used while a block ran."""

    def __init__(self, ours: Sequence[psutil.Process]) -> None:
        self._ours = [*ours, psutil.Process()]
        self.share = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        before, began = self._busy() - self._own(), time.perf_counter()
        yield
        seconds = (time.perf_counter() - began) * (psutil.cpu_count() or 1)
        if seconds < SHORTEST:
            return
        self.share = max(self.share, (self._busy() - self._own() - before) / seconds)

    def _own(self) -> float:
        total = 0.0
        for each in self._everyone():
            with suppress(psutil.NoSuchProcess):  # it has just ended
                times = each.cpu_times()
                total += times.user + times.system
        return total

    def _everyone(self) -> Iterator[psutil.Process]:
        seen = set()
        for root in self._ours:
            for each in (root, *root.children(recursive=True)):
                if each.pid not in seen:
                    seen.add(each.pid)
                    yield each

    def _busy(self) -> float:
        times = psutil.cpu_times()
        return float(times.user + times.system + times.nice)
