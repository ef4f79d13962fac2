"""A batch of a million rows beside raw CatBoost, in one run: `uv run python -m tests.bench.batches`.

The rows are those of `adult.csv`, repeated: six numbers and eight categories. A missing category is `?`, as
in the file's origin. The model has as many trees as `--trees` says. Two workers run on the machine's cores
with the API, PostgreSQL (fsync on) and RabbitMQ.

Raw CatBoost is one process that has the rows in memory already, as pandas reads them, and makes a `Pool`
and the probabilities with as many threads as there are cores; reading the file is not part of it. It is
measured before and after the batch, and the better one counts.

The batch is compared twice: from the first slice that begins to the last that is settled, and as a whole,
from the first byte that is sent to the last byte of the results.
"""

import argparse
import asyncio
import csv
import io
import itertools
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from augury.bootstrap.postgres.embedded import embedded_postgres
from tests.bench.builds import Build, Written, cpu_seconds
from tests.processes import open_folder
from tests.rabbitmq_server import running_rabbitmq

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared/data/adult.csv"
TARGET = "income"
WORKERS = 2
PIECE = 1 << 16
NOT_IN_IMAGE = ("catboost", "numpy", "pandas", "scipy")
"""What the image of the API lacks. Arrow would load the two in the middle, where they are."""
NUMBERS = ("age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week")
AIM, MOST_API, MOST_WORKER = 0.5, 150, 300


@dataclass(frozen=True)
class Rows:
    """The rows of a file without its target, as many as asked for."""

    header: str
    lines: Sequence[str]
    count: int

    @classmethod
    def of(cls, file: Path, count: int) -> "Rows":
        with file.open(newline="") as text:
            names, *rows = csv.reader(text)
        target = names.index(TARGET)
        lines = []
        for row in rows:
            line = io.StringIO(newline="")
            cells = [cell or "?" for cell in row[:target] + row[target + 1 :]]
            csv.writer(line, lineterminator="\n").writerow(cells)
            lines.append(line.getvalue())
        return cls(",".join(names[:target] + names[target + 1 :]) + "\n", lines, count)

    def pieces(self) -> "itertools.chain[bytes]":
        repeated = itertools.islice(itertools.cycle(self.lines), self.count)
        grouped = iter(lambda: "".join(itertools.islice(repeated, 1_000)).encode(), b"")
        return itertools.chain([self.header.encode()], grouped)


def trained(file: Path, folder: Path, trees: int) -> Path:
    """A model of the file's target, trained with CatBoost's defaults but for the number of trees."""
    import pandas as pd  # not before: the load generator should be lean
    from catboost import CatBoostClassifier, Pool

    frame = pd.read_csv(file, keep_default_na=False).replace("", "?")
    labels = frame.pop(TARGET)
    model = CatBoostClassifier(
        iterations=trees, random_seed=0, logging_level="Silent", allow_writing_files=False
    )
    model.fit(Pool(frame, labels, cat_features=[each for each in frame if each not in NUMBERS]))
    model.save_model(str(folder / "adult.cbm"))
    return folder / "adult.cbm"


RAW = """
import io, sys, time
import pandas as pd
from catboost import CatBoostClassifier, Pool
frame = pd.read_csv(sys.stdin, keep_default_na=False)
model = CatBoostClassifier()
model.load_model(sys.argv[1])
categories = [each for each in frame if each not in sys.argv[2].split(",")]
if sys.argv[3] == "categories":
    frame[categories] = frame[categories].astype("category")
began, used = time.perf_counter(), time.process_time()
model.predict_proba(Pool(frame, cat_features=categories))
print(len(frame) / (time.perf_counter() - began), time.process_time() - used)
"""


async def raw(model: Path, rows: Rows, kind: str) -> tuple[float, float]:
    """Rows per second of CatBoost alone, in a process of its own, and its CPU seconds. `kind` is how pandas
    holds the categories: as `texts`, as it reads them, or as `categories`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RAW, str(model), ",".join(NUMBERS), kind,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, _ = await process.communicate(b"".join(rows.pieces()))
    rate, used = map(float, printed.split())
    return rate, used


def show(name: str, value: str, ratio: float | None = None, aim: str = "") -> None:
    print(f"{name:<66}{value:>18}{'' if ratio is None else f'{ratio:7.2f} ×':>10}  {aim}", flush=True)


def peak(process: psutil.Process) -> float:
    """The most memory that the process has had, in megabytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@dataclass(frozen=True)
class Client:
    http: httpx.AsyncClient
    rows: Rows

    async def sent(self) -> dict[str, Any]:
        async def body() -> AsyncIterator[bytes]:
            for piece in self.rows.pieces():
                yield piece

        answer = await self.http.post(
            "/batches?model=adult", content=body(), headers={"Content-Type": "text/csv"}
        )
        assert answer.status_code == 202, answer.text
        batch: dict[str, Any] = answer.json()
        return batch

    async def ended(self, batch: dict[str, Any]) -> dict[str, Any]:
        while True:
            now: dict[str, Any] = (await self.http.get(batch["urls"]["self"])).json()
            if now["finished_at"] and now["status"] not in ("queued", "processing"):
                return now
            await asyncio.sleep(0.5)

    async def read(self, batch: dict[str, Any]) -> int:
        size = 0
        async with self.http.stream("GET", batch["urls"]["results"]) as response:
            async for piece in response.aiter_bytes():
                size += len(piece)
        return size


async def bench(build: Build, model: Path, rows: Rows, server: psutil.Process) -> None:
    texts, categories = [await raw(model, rows, "texts")], [await raw(model, rows, "categories")]
    build.augury("model", "add", str(model), "--name", "adult")
    build.employ(WORKERS)
    database = await asyncpg.connect(build.database_url)
    headers = {"Authorization": f"Bearer {build.tokens[0]}"}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{build.port}", headers=headers, timeout=600
    ) as http:
        client = Client(http, rows)
        warm = Client(http, Rows(rows.header, rows.lines, 20_000))
        await client.ended(await warm.sent())
        size = int(await database.fetchval("SELECT pg_database_size(current_database())"))
        written = await Written.so_far(database)
        processes = {"API": build.api, "workers": build.workers, "PostgreSQL": [server]}
        before = {name: cpu_seconds(each) for name, each in processes.items()}
        began = time.perf_counter()
        batch = await client.sent()
        sent = time.perf_counter() - began
        now = await client.ended(batch)
        running = cpu_seconds_since(processes, before)
        ran = float(
            await database.fetchval(
                "SELECT extract(epoch FROM max(finished_at) - min(started_at)) FROM predictions"
                " WHERE batch_id = $1",
                batch["id"],
            )
        )
        asked = time.perf_counter()
        received = await client.read(batch)
        whole = time.perf_counter() - began
        got = time.perf_counter() - asked
        assert now["done"] == rows.count, now
        after = await Written.so_far(database)
        grown = int(await database.fetchval("SELECT pg_database_size(current_database())")) - size
    texts.append(await raw(model, rows, "texts"))
    categories.append(await raw(model, rows, "categories"))
    best, _ = max(texts)
    least = min(used for _, used in texts)
    show("raw CatBoost, rows as pandas reads them", f"{best:,.0f} rows/s")
    show("raw CatBoost, categories made before", f"{max(categories)[0]:,.0f} rows/s")
    show("sending: read, cut into slices, stored", f"{rows.count / sent:,.0f} rows/s")
    share = rows.count / ran / max(categories)[0]
    show(
        "predicted and settled by two workers",
        f"{rows.count / ran:,.0f} rows/s",
        rows.count / ran / best,
        f"aim {AIM}",
    )
    show("  the same, beside categories made before", "", share)
    show("results as CSV", f"{rows.count / got:,.0f} rows/s")
    show("from the first byte to the last", f"{rows.count / whole:,.0f} rows/s", rows.count / whole / best)
    show("  CPU per 1,000 rows, raw CatBoost", f"{least / rows.count * 1e6:.2f} ms")
    for name, seconds in running.items():
        show(f"  CPU per 1,000 rows until it has ended, {name}", f"{seconds / rows.count * 1e6:.2f} ms")
    show("memory of the API at most", f"{max(map(peak, build.api)):,.0f} MB", aim=f"aim < {MOST_API}")
    show("memory of a worker at most", f"{max(map(peak, build.workers)):,.0f} MB", aim=f"aim < {MOST_WORKER}")
    show("PostgreSQL's growth per row", f"{grown / rows.count:,.0f} bytes")
    show("  its log (WAL) per row", f"{(after.wal_bytes - written.wal_bytes) / rows.count:,.0f} bytes")
    show(
        "bytes of the file, of its results per row",
        f"{sum(map(len, rows.lines)) / len(rows.lines):,.0f}, {received / rows.count:,.0f}",
    )
    await database.close()


def cpu_seconds_since(
    processes: dict[str, list[psutil.Process]], before: dict[str, float]
) -> dict[str, float]:
    return {name: cpu_seconds(each) - before[name] for name, each in processes.items()}


async def run(folder: Path, database_url: str, rabbitmq_url: str, model: Path, rows: Rows) -> None:
    build = Build("this", ROOT, database_url, rabbitmq_url, folder, users=1, absent_in_api=NOT_IN_IMAGE)
    try:
        await build.open()
        pid = int((folder / "data/postgres/postmaster.pid").read_text().split()[0])
        await bench(build, model, rows, psutil.Process(pid))
    finally:
        build.close()


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.bench.batches", description=__doc__)
    options.add_argument("--data", type=Path, default=DATA, help="adult.csv, with its target")
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--trees", type=int, default=1_000, help="CatBoost's own default is 1,000")
    asked = options.parse_args()
    if not asked.data.exists():
        print(f"{asked.data} is missing: name the file with --data", file=sys.stderr)
        return 2
    print("load average before:", *os.getloadavg())
    with (
        open_folder() as folder,
        embedded_postgres(folder / "data") as database_url,
        running_rabbitmq() as rabbit,
    ):
        model = trained(asked.data, folder, asked.trees)
        asyncio.run(run(folder, database_url, rabbit.url, model, Rows.of(asked.data, asked.rows)))
    print("load average after:", *os.getloadavg())
    return 0


if __name__ == "__main__":
    sys.exit(main())
