"""How long the predictions of a killed worker take: `uv run python -m tests.bench.kills`.

Two workers are held while predictions are sent, so that both have messages. Then one of them runs. As soon
as it has begun a batch, it is killed with SIGKILL, and the other one runs. The time lasts until every
prediction that was unfinished at the kill is final: those that the worker had begun, those that it held, and
those that waited. A kill is not counted if the worker had just ended its batch: nothing has to be taken over.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import aio_pika
import asyncpg

from tests.bench.builds import Build
from tests.bench.load import send_all
from tests.polling import eventually
from tests.postgres_server import fresh_database
from tests.processes import open_folder
from tests.rabbitmq_server import running_rabbitmq

KILLS, CLIENTS, SUBMITS = 8, 64, 3_000
TRIES = 3 * KILLS
AIM, MOST = 5.0, 120.0
"""Seconds."""
SIGNS = 0.8
"""Seconds in which a living worker ends its run, or gives a sign of life."""
LATEST = "SELECT max(finished_at) FROM predictions WHERE id = ANY ($1::uuid[])"
UNFINISHED = "SELECT prediction_id FROM unfinished"


async def killed(build: Build, database: "asyncpg.Connection[Any]") -> tuple[float, int, int]:
    """Kill a worker in mid-batch. Returns the seconds, how many predictions it had begun, and how many were
    unfinished."""

    async def runs(before: datetime | None = None) -> int:
        condition = "WHERE seen_at < $1" if before else "WHERE $1::timestamptz IS NULL"
        begun: int = await database.fetchval(f"SELECT count(*) FROM runs, unnest(ids) {condition}", before)
        return begun

    for worker in build.workers:
        worker.suspend()
    await send_all(build.port, build.submits(SUBMITS), clients=CLIENTS)
    victim, survivor = build.workers
    victim.resume()
    await eventually(runs, "a run")
    victim.kill()
    survivor.resume()
    at = datetime.now(UTC)
    unfinished = [row[0] for row in await database.fetch(UNFINISHED)]
    await asyncio.sleep(SIGNS)
    begun = await runs(at)
    async with asyncio.timeout(MOST):
        while await database.fetch(UNFINISHED):
            await asyncio.sleep(0.05)
    latest = await database.fetchval(LATEST, unfinished)
    build.workers.remove(victim)
    return (latest - at).total_seconds(), begun, len(unfinished)


async def both_consume(build: Build) -> None:
    """Start the workers that are missing, and wait until the broker knows two."""
    build.employ(2)
    async with await aio_pika.connect(build.rabbitmq_url) as connection:
        channel = await connection.channel()

        async def know() -> bool:
            queue = await channel.declare_queue("ml_tasks", passive=True)
            return queue.declaration_result.consumer_count == 2

        await eventually(know, "two consumers")


async def taken(build: Build, url: str) -> list[float]:
    """The seconds of each kill in mid-batch."""
    seconds: list[float] = []
    database = await asyncpg.connect(url)
    for _ in range(TRIES):
        await both_consume(build)
        took, begun, unfinished = await killed(build, database)
        print(f"{took:.1f} s: {begun} begun, {unfinished} unfinished", flush=True)
        seconds += [took] if begun else []
        if len(seconds) == KILLS:
            break
    await database.close()
    return seconds


async def main() -> None:
    with open_folder() as folder, running_rabbitmq() as rabbit:
        async with fresh_database(migrated=False) as url:
            build = Build("this", Path(__file__).parents[2], url, rabbit.fresh_url(), folder)
            try:
                await build.open()
                await send_all(build.port, build.submits(1_000, wait=30), clients=CLIENTS)
                seconds = await taken(build, url)
            finally:
                build.close()
    least, most = min(seconds), max(seconds)
    print(f"min {least:.1f}, median {median(seconds):.1f}, max {most:.1f} s, aim {AIM} s")
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
