"""How much heavy users slow down a light one, as ratios in one run: `uv run python -m tests.bench.fairness`.

Two workers; with `--up`, `augury up` in one process instead. A light user asks for one text at a time, while

(a) one user has 1,000 predictions of 10,000 rows pending,
(b) 20 users have 50 such predictions each,
(c) guests send the largest texts that they may,
(d) one user sends such predictions one after another, so that one worker is busy and the other is idle,
(e) one user fills what may be small work: 200 rows at a time.

The service is idle before and after each of them, and ratios are to both idle times. Then two users with
the same work are timed to their end, and the rows per second of that work. With `--against`, another
checkout (with its own `.venv`) does the same first. `--only guests` measures the scenarios whose names have
this word.
"""

import argparse
import asyncio
import itertools
import os
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from augury.domain.identifiers import uuid7
from tests.bench.builds import TEXT, Build, cpu_seconds
from tests.bench.load import Result, ask, post, read_answer, send_all
from tests.postgres_server import fresh_database
from tests.processes import open_folder
from tests.rabbitmq_server import running_rabbitmq

ROOT = Path(__file__).parents[2]
ROWS = 10_000
WORKERS, SAMPLES, HEAVY, EACH_OF_TWO = 2, 150, 1_000, 20
AIMS = (3.0, 6.0)
"""A light user's p50 and p99, relative to an idle service."""
Figures = dict[str, float]


# The copies of a prediction, as if each had been accepted by itself.
COPY = """
WITH new AS (
    SELECT new.id, new.user_id, p.rows * p.row_price AS price, p.model_name, p.model_version, p.rows,
        p.row_price, p.expires_at, p.input
    FROM predictions p, unnest($2::uuid[], $3::uuid[]) AS new (id, user_id) WHERE p.id = $1
), copied AS (
    INSERT INTO predictions (
        id, user_id, model_name, model_version, rows, row_price, single, status, attempts, created_at,
        expires_at, valid_rows, input, notify
    )
    SELECT id, user_id, model_name, model_version, rows, row_price, false, 'queued', 0, now(), expires_at, 0,
        input, false
    FROM new
), waiting AS (
    INSERT INTO unfinished (prediction_id, put_at, due_at, wait, bulk_user, cost)
    SELECT id, now(), now() + interval '10 minutes', 600, user_id, rows FROM new
), shared AS (
    INSERT INTO shares (user_id, start, finish)
    SELECT DISTINCT user_id, lane.time, lane.time
    FROM new, LATERAL (SELECT coalesce(max(start), 0) AS time FROM shares) AS lane
    ON CONFLICT (user_id) DO UPDATE SET finish = greatest(shares.finish, excluded.finish)
), held AS (
    INSERT INTO transfers (reference, kind, user_id, amount) SELECT id, 'hold', user_id, price FROM new
)
UPDATE balances b SET available = b.available - sums.price, held = b.held + sums.price,
    pending = b.pending + sums.count
FROM (SELECT user_id, sum(price)::bigint AS price, count(*) AS count FROM new GROUP BY user_id) AS sums
WHERE b.user_id = sums.user_id
"""


class Light:
    """The answers of a light user, and where their time went."""

    def __init__(self) -> None:
        self.all = Result(0)
        self.stages: dict[str, list[float]] = {"before acceptance": [], "to the end": [], "to the answer": []}

    def note(self, sent: float, answered: float, body: bytes) -> None:
        answer = msgspec.json.decode(body)
        accepted, ended = (_seconds(answer[name]) for name in ("created_at", "finished_at"))
        self.all.latencies.append(answered - sent)
        times = (sent, accepted, ended, answered)
        for stage, (begin, end) in zip(self.stages.values(), itertools.pairwise(times), strict=True):
            stage.append(end - begin)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


class Fairness:
    """The scenarios over one build."""

    def __init__(self, build: Build, database: "asyncpg.Connection[Any]", bodies: Sequence[object]) -> None:
        self.build = build
        self.database = database
        self.large, self.guests_largest = bodies
        self.template: UUID | None = None
        self.user_ids: list[UUID] = []
        self.sent = 0
        """Requests of heavy users so far."""

    async def run(self, only: str) -> Figures:
        await self._accepted(self.submits(1, self.build.tokens[1:2]))
        await self.settled()
        self.template = await self.database.fetchval("SELECT id FROM predictions WHERE rows = $1", ROWS)
        found = await self.database.fetch(
            "SELECT id FROM users WHERE email LIKE 'bench%' ORDER BY length(email), email"
        )
        self.user_ids = [row["id"] for row in found]
        scenarios = {
            f"one user, {HEAVY} x 10,000 rows": self.backlog(1, HEAVY),
            "20 heavy users": self.backlog(20, HEAVY // 20),
            "guests' largest texts": self.kept_busy(self._guests(), 4),
            "one busy worker": self.kept_busy(self._large_ones(), 1),
            "much small work": self.kept_busy(self._small_ones(), 16),
        }
        figures: Figures = {}
        idle = await self.light()
        for name, busy in scenarios.items():
            if only not in name:
                continue
            async with busy:
                used, sent = self.processor_seconds(), self.sent
                began = time.perf_counter()
                loaded = await self.light()
                seconds = time.perf_counter() - began
                for process, after_it in self.processor_seconds().items():
                    figures[f"{name}: processors of {process}"] = (after_it - used[process]) / seconds
                figures[f"{name}: heavy requests/s"] = (self.sent - sent) / seconds
                figures[f"{name}: predictions still pending"] = await self.unfinished()
            await self.canceled()
            after = await self.light()
            both = Result(0, [*idle.all.latencies, *after.all.latencies])
            idle = after
            for share in (0.5, 0.99):
                ratio = loaded.all.percentile(share) / both.percentile(share)
                figures[f"{name}: p{share * 100:g}, × idle"] = ratio
            figures[f"{name}: longest, ms"] = max(loaded.all.latencies) * 1e3
            for share in (0.5, 0.99):
                figures[f"{name}: idle p{share * 100:g}, ms"] = both.percentile(share) * 1e3
                for stage, each in loaded.stages.items():
                    figures[f"{name}: p{share * 100:g} {stage}, ms"] = Result(0, each).percentile(share) * 1e3
            figures[f"{name}: load average"] = os.getloadavg()[0]
            show({"so far": figures})
        return figures | (await self.two_equals() if only in "two equal users" else {})

    def processor_seconds(self) -> dict[str, float]:
        """The processor time so far: of the API, of the workers, and of this process, which sends."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "the API": cpu_seconds(self.build.api),
            "the workers": cpu_seconds(self.build.workers),
            "the senders": own.ru_utime + own.ru_stime,
        }

    async def light(self) -> Light:
        """Send one text after another, with a pause, until there are enough."""
        result = Light()
        request = self.build.submits(1, wait=30)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.build.port)
        for _ in range(SAMPLES):
            sent = time.time()
            writer.write(request[0])
            status, body = await read_answer(reader)
            answered = time.time()
            assert status == 200, status
            result.note(sent, answered, body)
            await asyncio.sleep(0.03)
        writer.close()
        return result

    def submits(self, count: int, users: Sequence[str], rows: int = ROWS, *, wait: int = 0) -> list[bytes]:
        whose = itertools.cycle(users)
        assert isinstance(self.large, list)
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        return [
            post("/predictions", {"data": self.large[:rows]}, headers | {"Authorization": f"Bearer {each}"})
            for each in itertools.islice(whose, count)
        ]

    @asynccontextmanager
    async def backlog(self, users: int, each: int) -> AsyncIterator[None]:
        """Predictions that wait in the bulk lane."""
        ids = [uuid7() for _ in range(users * each)]
        whose = itertools.cycle(self.user_ids[1 : users + 1])
        owners = list(itertools.islice(whose, len(ids)))
        await self.database.execute(COPY, self.template, ids, owners)
        await asyncio.sleep(2)  # until the sweeper has put their tickets
        yield

    @asynccontextmanager
    async def kept_busy(self, requests: Iterator[bytes], clients: int) -> AsyncIterator[None]:
        """Clients that keep sending."""

        async def send() -> None:
            for request in requests:
                await send_all(self.build.port, [request], clients=1)
                self.sent += 1

        sending = [asyncio.create_task(send()) for _ in range(clients)]
        await asyncio.sleep(1)
        try:
            yield
        finally:
            for each in sending:
                each.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    def _guests(self) -> Iterator[bytes]:
        """From many addresses, each of which has five credits."""
        for number in itertools.count():
            address = {"X-Forwarded-For": f"10.{number // 1250 % 250}.{number // 5 % 250}.7"}
            yield post("/predictions", {"data": self.guests_largest}, address)

    def _large_ones(self) -> Iterator[bytes]:
        while True:
            yield from self.submits(1, self.build.tokens[1:2], wait=30)

    def _small_ones(self) -> Iterator[bytes]:
        while True:
            yield from self.submits(1, self.build.tokens[1:2], rows=200)

    async def two_equals(self) -> Figures:
        """Two users with the same work."""
        began = await self.database.fetchval("SELECT clock_timestamp()")
        async with self.backlog(2, EACH_OF_TWO):
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


async def measured(name: str, root: Path, folder: Path, rabbitmq_url: str, only: str) -> Figures:
    (folder / name).mkdir()
    async with fresh_database(migrated=False) as url:
        build = Build(
            name, root, url, rabbitmq_url, folder / name,
            users=21,
            settings={
                "trusted_proxies": "127.0.0.0/8",
                "sweep_every": 0.5,
                "fair_pending": 256,
                "small_time": 0.02,
                "guests_per_day": 10**6,
            },
        )  # fmt: skip
        database = await asyncpg.connect(url)
        try:
            await build.open()
            if rabbitmq_url:
                build.employ(WORKERS)
            await ask(build.port, build.submits(1, wait=30)[0], msgspec.json.decode)
            large = [{"text": f"{TEXT} {number}"} for number in range(ROWS)]
            return await Fairness(build, database, (large, {"text": largest_text(root)})).run(only)
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
    options.add_argument("--up", action="store_true", help="measure `augury up`, without RabbitMQ")
    options.add_argument("--only", default="", metavar="WORD", help="measure the scenarios with this word")
    asked = options.parse_args()
    builds = {"this": ROOT} | ({"other": asked.against.resolve()} if asked.against else {})
    print("load average before:", *os.getloadavg())
    figures = {}
    with open_folder() as folder, running_rabbitmq() as rabbit:
        for name, root in reversed(builds.items()):
            url = "" if asked.up else rabbit.fresh_url()
            figures[name] = asyncio.run(measured(name, root, folder, url, asked.only))
    show({name: figures[name] for name in builds})
    print("load average after:", *os.getloadavg())
    print(f"aims: p50 ≤ {AIMS[0]:g} ×, p99 ≤ {AIMS[1]:g} × idle; two equal users within 1.15")
    mine = figures["this"]
    if ratios := [mine[each] for each in mine if "×" in each]:
        print("median of this build's ratios:", statistics.median(ratios))
    return 0


if __name__ == "__main__":
    sys.exit(main())
