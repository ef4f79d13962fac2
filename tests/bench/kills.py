"""How long the predictions of a killed worker take: `uv run python -m tests.bench.kills`.

Two workers are held until predictions wait for both. As soon as they run, one is killed with SIGKILL. The
time lasts until every prediction that was unfinished at the kill is final: those that the worker had begun,
those that it held, and those that waited.
"""

import asyncio
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from tests.bench.builds import Build
from tests.bench.load import send_all
from tests.polling import eventually
from tests.postgres_server import fresh_database
from tests.processes import open_folder
from tests.rabbitmq_server import running_rabbitmq

KILLS, CLIENTS, SUBMITS = 8, 64, 3_000
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
    for worker in build.workers:
        worker.resume()
    await eventually(runs, "a run")
    victim = random.choice(build.workers)
    victim.kill()
    at = datetime.now(UTC)
    unfinished = [row[0] for row in await database.fetch(UNFINISHED)]
    await asyncio.sleep(SIGNS)
    begun = await runs(at)
    while await database.fetch(UNFINISHED):
        await asyncio.sleep(0.05)
    latest = await database.fetchval(LATEST, unfinished)
    build.workers.remove(victim)
    build.employ(2)
    return (latest - at).total_seconds(), begun, len(unfinished)


async def main() -> None:
    with open_folder() as folder, running_rabbitmq() as rabbit:
        async with fresh_database(migrated=False) as url:
            build = Build("this", Path(__file__).parents[2], url, rabbit.fresh_url(), folder)
            try:
                await build.open()
                build.employ(2)
                await send_all(build.port, build.submits(1_000, wait=30), clients=CLIENTS)
                database = await asyncpg.connect(url)
                for _ in range(KILLS):
                    seconds, begun, unfinished = await killed(build, database)
                    print(f"{seconds:.1f} s: {begun} begun, {unfinished} unfinished", flush=True)
                await database.close()
            finally:
                build.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
