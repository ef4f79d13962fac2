"""Compares this build with another checkout: `uv run python -m tests.bench --against CHECKOUT`.

The other checkout needs its own `.venv` (`uv sync` there). Each figure is measured A B A B …, and printed as
the ratio of each pair: minimum, median, maximum. More than 1 is always better: for CPU, memory, WAL
and times it is the other build's figure over this one's. Both serve the other build's starter model.
"""

import asyncio
import resource
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import psutil

from tests.bench.builds import TEXT, USERS, Build, Foreign, Written, cpu_seconds
from tests.bench.load import Result, ask, post, send_all
from tests.bench.raw import model_file, raw_catboost
from tests.postgres_server import fresh_database, server
from tests.processes import open_folder
from tests.rabbitmq_server import running_rabbitmq

ROOT = Path(__file__).parents[2]
MOST_FOREIGN = 0.15
"""The share of the machine that others may use while a figure is measured."""
SUBMITS, LONE, READS, ROWS, LARGE = 6_000, 200, 2_000, 10_000, 24
ROW_REQUESTS = 3
Figures = dict[str, float]


@dataclass
class Bench:
    builds: tuple[Build, Build]
    """This build, the other one."""
    servers: Sequence[psutil.Process]
    rounds: int
    foreign: Foreign
    model: Path
    """The file of the model that both builds serve."""

    async def compare(self, measure: Callable[[Build], Awaitable[Figures]], note: str = "") -> None:
        """Measure both builds in turn, and print the ratio of each figure."""
        found: tuple[list[Figures], list[Figures]] = ([], [])
        for number in range(self.rounds + 1):
            for mine, build in zip(found, self.builds, strict=True):
                with self.foreign.watched():
                    figures = await measure(build)
                if number:  # the first round warms up
                    mine.append(figures)
        for name in found[0][0]:
            new, old = ([each[name] for each in side] for side in found)
            less_is_better = name.startswith(("p50", "p99", "CPU", "WAL", "commits", "memory"))
            pairs = [b / a if less_is_better else a / b for a, b in zip(new, old, strict=True)]
            show(f"{note}{name}", pairs, statistics.median(new), statistics.median(old))

    async def settled(self, build: Build, clients: int) -> Figures:
        database = await asyncpg.connect(build.database_url)
        try:
            written = await Written.so_far(database)
            cpu = cpu_seconds([*build.processes, *self.servers])
            own, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
            result = await send_all(build.port, build.submits(SUBMITS), clients=clients)
            assert set(result.statuses) == {202}, result.statuses
            while await database.fetchval("SELECT count(*) FROM unfinished"):
                await asyncio.sleep(0.02)
            seconds = time.perf_counter() - began
            cpu = cpu_seconds([*build.processes, *self.servers]) - cpu
            after, now = await Written.so_far(database), resource.getrusage(resource.RUSAGE_SELF)
            load = now.ru_utime + now.ru_stime - own.ru_utime - own.ru_stime
            return {
                "settled/s": SUBMITS / seconds,
                "CPU ms per prediction, all processes": cpu / SUBMITS * 1e3,
                "WAL bytes per prediction": (after.wal_bytes - written.wal_bytes) / SUBMITS,
                "commits per prediction": (after.commits - written.commits) / SUBMITS,
                "load generator's own share of all CPU, %": load / (cpu + load) * 100,
            }
        finally:
            await database.close()

    async def waited(self, build: Build, clients: int) -> Figures:
        result, costs = await self._answered(build, SUBMITS // 2, clients)
        return {"answers/s": result.per_second, "p99 ms": result.percentile(0.99) * 1e3, **costs}

    async def lone(self, build: Build) -> Figures:
        result, costs = await self._answered(build, LONE, 1)
        return {
            "p50 ms": result.percentile(0.5) * 1e3,
            "p99 ms": result.percentile(0.99) * 1e3,
            **costs,
        }

    async def _answered(self, build: Build, count: int, clients: int) -> tuple[Result, Figures]:
        """Submits that wait for their result, and what one of them costs."""
        database = await asyncpg.connect(build.database_url)
        written = await Written.so_far(database)
        parts = {"API": build.api, "workers": build.workers, "servers": self.servers}
        cpu = {name: cpu_seconds(each) for name, each in parts.items()}
        result = await send_all(build.port, build.submits(count, wait=30), clients=clients)
        assert set(result.statuses) == {200}, result.statuses
        costs = {
            f"CPU ms per answer, {name}": (cpu_seconds(each) - cpu[name]) / count * 1e3
            for name, each in parts.items()
        }
        commits = (await Written.so_far(database)).commits - written.commits
        await database.close()
        return result, {**costs, "commits per answer": commits / count}

    async def rows(self, build: Build) -> Figures:
        rows = [{"text": f"{TEXT} {number}"} for number in range(ROWS)]
        taken = []
        for _ in range(ROW_REQUESTS):
            began = time.perf_counter()
            answer = await build.rows(rows)
            assert answer["status"] == "succeeded"
            taken.append(time.perf_counter() - began)
        seconds = statistics.median(taken)
        raw = await asyncio.to_thread(raw_catboost, self.model, rows)
        return {"rows/s": ROWS / seconds, "× raw CatBoost": raw / seconds}

    async def heavy(self, build: Build) -> Figures:
        """The users' large predictions, sent at once: all that two workers can do."""
        database = await asyncpg.connect(build.database_url)
        try:
            data = [{"text": f"{TEXT} {number}"} for number in range(ROWS)]
            requests = [
                post("/predictions", {"data": data}, {"Authorization": f"Bearer {token}"})
                for token in build.tokens
            ]
            cpu = cpu_seconds([*build.processes, *self.servers])
            began = time.perf_counter()
            result = await send_all(
                build.port, [requests[number % len(requests)] for number in range(LARGE)], clients=4
            )
            assert set(result.statuses) == {202}, result.statuses
            while await database.fetchval("SELECT count(*) FROM unfinished"):
                await asyncio.sleep(0.02)
            rows, seconds = LARGE * ROWS, time.perf_counter() - began
            cpu = cpu_seconds([*build.processes, *self.servers]) - cpu
            return {"rows/s": rows / seconds, "CPU ms per 1,000 rows, all processes": cpu / rows * 1e6}
        finally:
            await database.close()

    async def reads(self, build: Build) -> Figures:
        async def per_second(path: str) -> float:
            result: Result = await send_all(build.port, build.reads(path, READS), clients=16)
            assert set(result.statuses) == {200}, result.statuses
            return result.per_second

        page: Any = await ask(build.port, build.reads("/predictions?limit=20", 1)[0], msgspec.json.decode)
        one = next(each["id"] for each in page["items"] if each["rows"] == 1)
        return {
            "a page of 20/s": await per_second("/predictions?limit=20"),
            "a prediction by its id/s": await per_second(f"/predictions/{one}"),
            "a balance/s": await per_second("/balance"),
        }

    async def memory(self, build: Build) -> Figures:
        return {
            "memory of the API, MB": build.api[0].memory_info().rss / 2**20,
            "memory of a worker, MB": build.workers[0].memory_info().rss / 2**20,
        }


def show(name: str, pairs: Sequence[float], new: float, old: float) -> None:
    ordered = sorted(pairs)
    spread = f"{ordered[0]:.2f}  {statistics.median(ordered):.2f}  {ordered[-1]:.2f}"
    print(f"{name:<64}{spread:>18}   {new:>10,.2f} {old:>10,.2f}", flush=True)


async def bench(bench: Bench, *, only_heavy: bool) -> None:
    print(f"{'ratio, more is better':<64}{'min   med   max':>18}   {'this':>10} {'other':>10}")
    if not only_heavy:
        await small_work(bench)
    for build in bench.builds:
        build.employ(2)
    await asyncio.sleep(5)
    await bench.compare(bench.heavy, f"{LARGE} x 10,000 rows of {USERS} users, 2 workers: ")
    if only_heavy:
        return
    for build in bench.builds:
        build.employ(3)
    await asyncio.sleep(5)
    await bench.compare(partial(bench.settled, clients=16), "16 clients, 3 workers: ")


async def small_work(bench: Bench) -> None:
    for clients in (16, 64):
        await bench.compare(partial(bench.settled, clients=clients), f"{clients} clients: ")
    for clients in (64, 500):
        await bench.compare(partial(bench.waited, clients=clients), f"wait=30, {clients} clients: ")
    await bench.compare(bench.lone, "one prediction alone: ")
    await bench.compare(bench.rows, "one request of 10,000 rows: ")
    await bench.compare(bench.reads)
    await bench.compare(bench.memory)


def against(checkout: Path, rounds: int, *, only_heavy: bool = False) -> int:
    """Returns exit code 1 if others used so much of the machine that the figures mean nothing."""
    with open_folder() as folder, running_rabbitmq() as rabbit:

        async def run() -> float:
            async with fresh_database(migrated=False) as mine, fresh_database(migrated=False) as other:
                builds = []
                for name, root, url in (("this", ROOT, mine), ("other", checkout.resolve(), other)):
                    (folder / name).mkdir()
                    builds.append(Build(name, root, url, rabbit.fresh_url(), folder / name))
                postmaster = int((server().folder / "postmaster.pid").read_text().split()[0])
                servers = [psutil.Process(rabbit.pid), psutil.Process(postmaster)]
                try:
                    for build in builds:
                        await build.open()
                    model = model_file(builds[1].folder / "models")
                    builds[0].augury("model", "add", str(model), "--name", "tone", "--price", "1")
                    builds[0].augury("model", "activate", "tone@2")
                    whole = Bench((builds[0], builds[1]), servers, rounds, Foreign(servers), model)
                    await bench(whole, only_heavy=only_heavy)
                finally:
                    for build in builds:
                        build.close()
                return whole.foreign.share

        share = asyncio.run(run())
    this, other = (
        subprocess.check_output(["git", "-C", str(each), "log", "-1", "--format=%h %s"], text=True).strip()
        for each in (ROOT, checkout)
    )
    print(f"this: {this}\nother: {other}\nothers used up to {share:.0%} of the machine")
    if share > MOST_FOREIGN:
        print(f"That is more than {MOST_FOREIGN:.0%}: the machine was busy, and these figures say nothing.")
        return 1
    return 0
