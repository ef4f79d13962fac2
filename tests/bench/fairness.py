"""How much heavy users slow down a light one, as ratios in one run: `uv run python -m tests.bench.fairness`.

Two workers. A light user asks for one text at a time, first in an idle service, then while

(a) one user has many predictions of 10,000 rows pending,
(b) guests send the largest texts that they may,
(c) 20 users have large predictions pending.

Then two users with the same work are timed to their end, and the rows per second of that work. With
`--against`, another checkout (with its own `.venv`) does the same first.
"""

import argparse
import asyncio
import itertools
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from tests.bench.builds import TEXT, Build
from tests.bench.load import Result, ask, post, read_answer, send_all
from tests.postgres_server import fresh_database
from tests.processes import open_folder
from tests.rabbitmq_server import running_rabbitmq

ROOT = Path(__file__).parents[2]
ROWS = 10_000
WORKERS, SAMPLES, HEAVY, EACH_OF_TWO = 2, 150, 60, 12
AIMS = (3.0, 6.0)
"""A light user's p50 and p99, relative to an idle service."""
Figures = dict[str, float]


class Fairness:
    """The scenarios over one build."""

    def __init__(self, build: Build, database: "asyncpg.Connection[Any]", bodies: Sequence[object]) -> None:
        self.build = build
        self.database = database
        self.large, self.guests_largest = bodies

    async def run(self) -> Figures:
        idle = await self.light()
        figures: Figures = {}
        scenarios: dict[str, Callable[[], Awaitable[None]]] = {
            "one heavy user": self.one_heavy_user,
            "20 heavy users": self.many_heavy_users,
        }
        for name, begin in scenarios.items():
            await begin()
            await self._told(name, idle, figures)
        async with self.guests():
            await self._told("guests' largest texts", idle, figures)
        figures |= {"idle p50 ms": idle.percentile(0.5) * 1e3, "idle p99 ms": idle.percentile(0.99) * 1e3}
        figures |= await self.two_equals()
        return figures

    async def _told(self, name: str, idle: Result, figures: Figures) -> None:
        busy = await self.light()
        left = await self.unfinished()
        for share in (0.5, 0.99):
            before, now = idle.percentile(share), busy.percentile(share)
            figures[f"{name}: p{share * 100:g}, × idle"] = now / before
        figures[f"{name}: predictions still pending"] = left
        await self.canceled()

    async def light(self) -> Result:
        """Send one text after another, with a pause, until there are enough or the heavy users have
        finished."""
        result = Result(0)
        request = self.build.submits(1, wait=30)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.build.port)
        for _ in range(SAMPLES):
            began = time.perf_counter()
            writer.write(request[0])
            status, _ = await read_answer(reader)
            assert status == 200, status
            result.latencies.append(time.perf_counter() - began)
            await asyncio.sleep(0.03)
        writer.close()
        return result

    def submits(self, count: int, users: Sequence[str]) -> list[bytes]:
        whose = itertools.cycle(users)
        return [
            post("/predictions", {"data": self.large}, {"Authorization": f"Bearer {next(whose)}"})
            for _ in range(count)
        ]

    async def one_heavy_user(self) -> None:
        await self._accepted(self.submits(HEAVY, self.build.tokens[1:2]))

    async def many_heavy_users(self) -> None:
        await self._accepted(self.submits(HEAVY, self.build.tokens[1:21]))

    @asynccontextmanager
    async def guests(self) -> AsyncIterator[None]:
        """Guests from many addresses, who keep sending."""
        numbers = itertools.count()

        async def send() -> None:
            while True:
                number = next(numbers)
                address = {"X-Forwarded-For": f"10.{number // 250 % 250}.{number % 250}.7"}
                request = post("/predictions", {"data": self.guests_largest}, address)
                await send_all(self.build.port, [request] * 5, clients=1)

        sending = [asyncio.create_task(send()) for _ in range(4)]
        await asyncio.sleep(1)
        try:
            yield
        finally:
            for each in sending:
                each.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def two_equals(self) -> Figures:
        """Two users with the same work, one sent after the other."""
        began = await self.database.fetchval("SELECT clock_timestamp()")
        for user in (1, 2):
            await self._accepted(self.submits(EACH_OF_TWO, self.build.tokens[user : user + 1]))
        await self.settled()
        ends = [
            (row["at"] - began).total_seconds()
            for row in await self.database.fetch(
                "SELECT max(finished_at) AS at FROM predictions WHERE rows > 1 AND created_at >= $1"
                " AND status = 'succeeded' GROUP BY user_id ORDER BY 1",
                began,
            )
        ]
        first = await self.database.fetchval(
            "SELECT min(started_at) FROM predictions WHERE rows > 1 AND created_at >= $1", began
        )
        seconds = ends[-1] - (first - began).total_seconds()
        return {
            "two equal users: the later end / the earlier": ends[-1] / ends[0],
            "rows/s of both": 2 * EACH_OF_TWO * ROWS / seconds,
        }

    async def _accepted(self, requests: Sequence[bytes]) -> None:
        result = await send_all(self.build.port, requests, clients=4)
        assert set(result.statuses) == {202}, result.statuses

    async def unfinished(self) -> int:
        return int(await self.database.fetchval("SELECT count(*) FROM unfinished"))

    async def settled(self) -> None:
        while await self.unfinished():
            await asyncio.sleep(0.05)

    async def canceled(self) -> None:
        """Expire all waiting predictions, so that the next scenario begins in an idle service."""
        await self.database.execute("UPDATE predictions SET expires_at = now() WHERE status = 'queued'")
        await self.database.execute("UPDATE unfinished SET due_at = now()")
        await self.settled()


async def measured(name: str, root: Path, folder: Path, rabbitmq_url: str) -> Figures:
    (folder / name).mkdir()
    async with fresh_database(migrated=False) as url:
        build = Build(
            name, root, url, rabbitmq_url, folder / name,
            users=21,
            settings={"trusted_proxies": "127.0.0.0/8", "sweep_every": 0.5},
        )  # fmt: skip
        database = await asyncpg.connect(url)
        try:
            await build.open()
            build.employ(WORKERS)
            await ask(build.port, build.submits(1, wait=30)[0], msgspec.json.decode)
            large = [{"text": f"{TEXT} {number}"} for number in range(ROWS)]
            return await Fairness(build, database, (large, {"text": largest_text(root)})).run()
        finally:
            build.close()
            await database.close()


def largest_text(root: Path) -> str:
    """The largest text that a guest may send to this build. Earlier builds only limited the body."""
    limits = (root / "src/augury/application/limits.py").read_text()
    bounded = "guest_bytes" in limits
    return (TEXT + " ") * ((60_000 if bounded else 9_800_000) // len(TEXT))


def show(figures: dict[str, Figures]) -> None:
    print(f"{'':<58}" + "".join(f"{name:>12}" for name in figures))
    for name in next(iter(figures.values())):
        print(f"{name:<58}" + "".join(f"{each[name]:12,.2f}" for each in figures.values()), flush=True)


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.bench.fairness", description=__doc__)
    options.add_argument("--against", type=Path, metavar="CHECKOUT", help="measure this other build, too")
    asked = options.parse_args()
    builds = {"this": ROOT} | ({"other": asked.against.resolve()} if asked.against else {})
    print("load average before:", *os.getloadavg())
    figures = {}
    with open_folder() as folder, running_rabbitmq() as rabbit:
        for name, root in reversed(builds.items()):
            figures[name] = asyncio.run(measured(name, root, folder, rabbit.fresh_url()))
    show({name: figures[name] for name in builds})
    print("load average after:", *os.getloadavg())
    print(f"aims: p50 ≤ {AIMS[0]:g} ×, p99 ≤ {AIMS[1]:g} × idle; two equal users within 1.15")
    mine = figures["this"]
    print("median of this build's ratios:", statistics.median(mine[each] for each in mine if "×" in each))
    return 0


if __name__ == "__main__":
    sys.exit(main())
