"""How well `starts_in` foretells the start, as a ratio: `uv run python -m tests.bench.places [small] [bulk]`.

The load changes: bursts of small predictions of several users, then large ones of several users in the bulk
lane, while a second worker comes and goes. Meanwhile, predictions that wait are read like any caller reads
them. The error of an answer is |starts_in − actual wait| / actual wait. Waits of less than a second are left
out: places are read once a second.
"""

import asyncio
import os
import random
import statistics
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec

from augury.bootstrap.postgres.embedded import embedded_postgres
from tests.bench.load import ask, post, send_all
from tests.processes import Service, open_folder
from tests.rabbitmq_server import running_rabbitmq

USERS, BURSTS = 4, 5
LANES = {"small": (100, 600), "bulk": (2_000, 12)}
"""By lane, the rows of a prediction, and the most predictions of a user in one burst."""
TEXT = "The parcel came a day early and the seller even answered my question, I am delighted"
WAITING = """
SELECT p.id, p.user_id FROM unfinished u JOIN predictions p ON p.id = prediction_id
WHERE p.status = 'queued' ORDER BY random() LIMIT 20
"""
STARTED = "SELECT id, started_at FROM predictions WHERE id = ANY ($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Sample:
    """What was told of a prediction at a moment."""

    prediction_id: UUID
    at: datetime
    starts_in: float
    within: float


class Measure:
    def __init__(self, service: Service, database: "asyncpg.Connection[Any]") -> None:
        self.service = service
        self.database = database
        self.tokens: dict[UUID, str] = {}

    async def sign_up(self) -> None:
        for number in range(USERS):
            email = f"place{number}@example.org"
            self.service.augury("user", "create", email, "--password", "correct horse battery")
            self.service.augury("user", "top-up", email, "100000000")
            credentials = {"email": email, "password": "correct horse battery"}
            answer: Any = await ask(self.service.port, post("/auth/token", credentials), msgspec.json.decode)
            [row] = await self.database.fetch("SELECT id FROM users WHERE email = $1", email)
            self.tokens[row["id"]] = answer["access_token"]

    async def sampled(self, samples: list[Sample], under_way: asyncio.Event) -> None:
        """Read predictions that wait, until all work has ended."""
        async with httpx.AsyncClient(base_url=self.service.url, timeout=60) as client:
            while under_way.is_set() or await self.database.fetchval("SELECT EXISTS (TABLE unfinished)"):
                for row in await self.database.fetch(WAITING):
                    headers = {"Authorization": f"Bearer {self.tokens[row['user_id']]}"}
                    read = (await client.get(f"/predictions/{row['id']}", headers=headers)).json()
                    place = read.get("queue")
                    if place and place["starts_in"] is not None:
                        told = place["starts_in"], place["starts_in_p90"]
                        samples.append(Sample(row["id"], datetime.now(UTC), *told))
                await asyncio.sleep(0.3)

    async def bursts(self, dice: random.Random, *, rows: int, most: int) -> None:
        """A changing load: bursts of changing size, and a second worker for a part of the time."""
        data: Any = {"text": TEXT} if rows == 1 else [{"text": TEXT}] * rows
        second = None
        for number in range(BURSTS):
            requests = [
                post("/predictions", {"data": data}, {"Authorization": f"Bearer {token}"})
                for token in self.tokens.values()
                for _ in range(dice.randint(most // 4, most))
            ]
            dice.shuffle(requests)
            await send_all(self.service.port, requests, clients=16)
            if number == 1:
                second = await asyncio.to_thread(self.service.worker)
            if number == 3 and second is not None:
                await asyncio.to_thread(second.stop)
            await asyncio.sleep(dice.uniform(1, 4))

    async def run(self, name: str, *, rows: int, most: int) -> None:
        samples: list[Sample] = []
        under_way = asyncio.Event()
        under_way.set()
        sampling = asyncio.create_task(self.sampled(samples, under_way))
        await self.bursts(random.Random(7), rows=rows, most=most)
        under_way.clear()
        await sampling
        ids = list({each.prediction_id for each in samples})
        started = {row["id"]: row["started_at"] for row in await self.database.fetch(STARTED, ids)}
        waits = [
            (each, wait)
            for each in samples
            if (at := started[each.prediction_id]) and (wait := (at - each.at).total_seconds()) >= 1
        ]
        if not waits:
            print(f"{name}: nobody waited for a second ({len(samples)} answers)")
            return
        errors = [abs(each.starts_in - wait) / wait for each, wait in waits]
        within = sum(wait <= each.within for each, wait in waits) / len(waits)
        print(f"{name}: {len(waits)} answers, waits of 1 to {max(wait for _, wait in waits):.0f} s")
        print(f"  median error of starts_in / actual wait   {statistics.median(errors):.2f}")
        print(f"  started within starts_in_p90              {within:.0%}", flush=True)


async def measured(service: Service) -> None:
    service.api()
    service.worker()
    database = await asyncpg.connect(service.database_url)
    measure = Measure(service, database)
    await measure.sign_up()
    for lane in sys.argv[1:] or LANES:
        rows, most = LANES[lane]
        await measure.run(f"{lane} lane", rows=rows, most=most)
    await database.close()


def main() -> int:
    print("load average before:", *os.getloadavg())
    with (
        open_folder() as folder,
        embedded_postgres(folder / "data") as database_url,
        running_rabbitmq() as rabbit,
    ):
        unlimited = dict.fromkeys(("max_pending", "max_waiting", "fair_pending", "small_time"), 10**6)
        limits = {**unlimited, "log_level": "WARNING"}
        with Service(database_url, rabbit.url, folder, limits) as service:
            service.augury("migrate")
            service.augury("model", "train")
            asyncio.run(measured(service))
    print("load average after:", *os.getloadavg())
    return 0


if __name__ == "__main__":
    sys.exit(main())
