"""Measures speed as ratios within one run: `uv run python -m tests.bench`. Takes about two minutes.

Everything runs on this machine: its own PostgreSQL (fsync on) and RabbitMQ, the API and one worker as
processes. This process sends the load.
"""

import argparse
import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import psutil

from augury.bootstrap.postgres.embedded import embedded_postgres
from tests.bench.against import against
from tests.bench.commands import costs_of_commands
from tests.bench.load import ask, post, send_all
from tests.bench.raw import model_file, raw_catboost
from tests.processes import Process, Service, free_port, open_folder
from tests.rabbitmq_server import running_rabbitmq

USERS = 8
SUBMITS = 8_000
DRAIN = 8_000
LONE = 300
ROWS = 10_000
TEXT = "The parcel came a day early and the seller even answered my question, I am delighted"


def show(name: str, value: str, ratio: float | None = None, aim: str = "") -> None:
    print(f"{name:<58}{value:>16}{'' if ratio is None else f'{ratio:9.2f} ×':>12}  {aim}", flush=True)


EMPTY = {
    "usual": "empty handler, Litestar under uvicorn as usual",
    "litestar": "empty handler, Litestar on our server",
    "bare": "empty handler, bare ASGI on our server",
}
"""The names of the kinds of `tests.bench.empty_app`. The aims are relative to `litestar`."""


@contextmanager
def empty_handler(kind: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.empty_app", str(port), kind])
    try:
        time.sleep(2)
        yield port
    finally:
        process.terminate()
        process.wait(10)


async def sign_up(service: Service) -> list[str]:
    """Register members with credits to spend. Returns their access tokens."""
    tokens = []
    for number in range(USERS):
        email = f"bench{number}@example.org"
        service.augury("user", "create", email, "--password", "correct horse battery")
        service.augury("user", "top-up", email, "100000000")
        request = post("/auth/token", {"email": email, "password": "correct horse battery"})
        answer: Any = await ask(service.port, request, msgspec.json.decode)
        tokens.append(answer["access_token"])
    return tokens


def submits(tokens: list[str], count: int) -> list[bytes]:
    each = [
        post("/predictions/predict", {"data": {"text": TEXT}}, {"Authorization": f"Bearer {token}"})
        for token in tokens
    ]
    return [each[number % len(each)] for number in range(count)]


async def unfinished(database: "asyncpg.Connection[Any]") -> int:
    count: int = await database.fetchval("SELECT count(*) FROM unfinished")
    return count


async def settled(database: "asyncpg.Connection[Any]") -> None:
    while await unfinished(database):
        await asyncio.sleep(0.02)


def cpu_by_process(service_pids: dict[str, int]) -> dict[str, float]:
    """CPU seconds so far of each process with its children."""
    seconds = {}
    for name, pid in service_pids.items():
        root = psutil.Process(pid)
        times = [each.cpu_times() for each in (root, *root.children(recursive=True))]
        seconds[name] = sum(each.user + each.system for each in times) + root.cpu_times().children_user
    return seconds


def megabytes(process: Process) -> float:
    rss: int = psutil.Process(process.popen.pid).memory_info().rss
    return rss / 2**20


async def bench(service: Service, rabbit_pid: int, postgres_pid: int) -> None:
    api = service.api()
    tokens = await sign_up(service)
    database = await asyncpg.connect(service.database_url)
    empty: dict[tuple[str, int], float] = {}
    for kind, name in EMPTY.items():
        with empty_handler(kind) as port:
            for clients in (16, 64):
                await send_all(port, submits(tokens, 2000), clients=clients)
                result = await send_all(port, submits(tokens, SUBMITS), clients=clients)
                assert set(result.statuses) == {202}, result.statuses
                empty[kind, clients] = result.per_second
                show(f"{name}, {clients} clients", f"{result.per_second:,.0f}/s")

    await send_all(service.port, submits(tokens, 1000), clients=16)
    for clients, aim in ((16, 0.25), (64, 0.40)):
        result = await send_all(service.port, submits(tokens, SUBMITS), clients=clients)
        assert set(result.statuses) == {202}, result.statuses
        ratios = {kind: result.per_second / empty[kind, clients] for kind in EMPTY}
        show(
            f"accepted submits, {clients} clients",
            f"{result.per_second:,.0f}/s",
            ratios["litestar"],
            f"aim {aim}; {ratios['usual']:.2f} × as usual, {ratios['bare']:.2f} × bare ASGI",
        )
        show("  p50, p99", f"{result.percentile(0.5) * 1e3:.1f}, {result.percentile(0.99) * 1e3:.1f} ms")

    waiting = await unfinished(database)
    worker = service.worker()
    await settled(database)
    seconds = await database.fetchval(
        "SELECT extract(epoch FROM max(finished_at) - min(started_at)) FROM predictions"
    )
    drained = waiting / float(seconds)
    bare = subprocess.run(
        [sys.executable, "-m", "tests.bench.bare_consumer", service.rabbitmq_url, str(DRAIN)],
        capture_output=True,
        text=True,
        check=True,
    )
    show("bare lean FastStream consumer, messages", f"{float(bare.stdout):,.0f}/s")
    show("one worker's drain, predictions", f"{drained:,.0f}/s", drained / float(bare.stdout), "aim 1.7")

    await lone(service, tokens[0])
    await end_to_end(service, tokens, database, empty["litestar", 64], api, worker, rabbit_pid, postgres_pid)
    await many_rows(service, tokens[0])
    show("memory of the API", f"{megabytes(api):,.0f} MB", aim="aim < 120")
    show("memory of a worker", f"{megabytes(worker):,.0f} MB", aim="aim < 300")
    maps = Path(f"/proc/{api.popen.pid}/maps").read_text()
    show("catboost in the API process", "loaded" if "catboost" in maps else "not loaded")
    print(service.augury("ledger", "verify").strip())
    await database.close()


async def lone(service: Service, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Prefer": "wait=10"}
    request = post("/predictions/predict", {"data": {"text": TEXT}}, headers)
    await send_all(service.port, [request] * 30, clients=1)
    result = await send_all(service.port, [request] * LONE, clients=1)
    assert set(result.statuses) == {200}, result.statuses
    show(
        "one prediction alone, submit to result: p50, p99",
        f"{result.percentile(0.5) * 1e3:.1f}, {result.percentile(0.99) * 1e3:.1f} ms",
        aim="aim 12, 30",
    )


async def end_to_end(
    service: Service, tokens: list[str], database: Any, empty: float, api: Process, worker: Process,
    rabbit_pid: int, postgres_pid: int,
) -> None:  # fmt: skip
    pids = {
        "API": api.popen.pid,
        "worker": worker.popen.pid,
        "PostgreSQL": postgres_pid,
        "RabbitMQ": rabbit_pid,
    }
    before, own = cpu_by_process(pids), resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    await send_all(service.port, submits(tokens, SUBMITS), clients=64)
    await settled(database)
    rate = SUBMITS / (time.perf_counter() - began)
    show("settled end to end, 64 clients", f"{rate:,.0f}/s", rate / empty, "aim 0.25")
    after, own_after = cpu_by_process(pids), resource.getrusage(resource.RUSAGE_SELF)
    taken = {name: after[name] - before[name] for name in pids}
    load = own_after.ru_utime + own_after.ru_stime - own.ru_utime - own.ru_stime
    for name, seconds in (taken | {"load generator": load}).items():
        share = f"{seconds / (sum(taken.values()) + load):.0%} of all"
        show(f"  CPU per prediction, {name}", f"{seconds / SUBMITS * 1e3:.3f} ms", aim=share)


async def many_rows(service: Service, token: str) -> None:
    rows = [{"text": f"{TEXT} {number}"} for number in range(ROWS)]
    headers = {"Authorization": f"Bearer {token}", "Prefer": "wait=60"}
    request = post("/predictions/predict", {"data": rows}, headers)
    whole = []
    for _ in range(5):
        began = time.perf_counter()
        answer: Any = await ask(service.port, request, msgspec.json.decode)
        whole.append(ROWS / (time.perf_counter() - began))
        assert answer["status"] == "succeeded"
    raw = await asyncio.to_thread(raw_catboost, model_file(service.folder / "models"), rows)
    best, limit = sorted(whole)[2], ROWS / raw
    show(f"raw CatBoost, {ROWS:,} rows, one thread", f"{limit:,.0f} rows/s")
    show(f"one request of {ROWS:,} rows, submit to result", f"{best:,.0f} rows/s", best / limit, "aim 0.33")


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument(
        "--against", type=Path, metavar="CHECKOUT", help="compare with this other build, in turn"
    )
    options.add_argument(
        "--rounds", type=int, default=3, help="how often each figure is measured of each build"
    )
    options.add_argument("--heavy", action="store_true", help="compare only the throughput of heavy users")
    asked = options.parse_args()
    if asked.against:
        return against(asked.against, asked.rounds, only_heavy=asked.heavy)
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
            for command, seconds, ratio, aim in costs_of_commands(service.env):
                show(f"CPU of `augury {command}`, beside `python -c pass`", f"{seconds:.2f} s", ratio, aim)
            pid = int((folder / "data/postgres/postmaster.pid").read_text().split()[0])
            asyncio.run(bench(service, rabbit.pid, pid))
    return 0


if __name__ == "__main__":
    sys.exit(main())
