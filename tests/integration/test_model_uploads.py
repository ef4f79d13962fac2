"""Model files that are sent to a running service: damaged ones, large ones, and workers that are killed."""

import asyncio
import hashlib
import re
import signal
import struct
import textwrap
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.catboost_models import binary_model, regression_model
from tests.integration.test_service import PASSWORD, member
from tests.patience import patience
from tests.processes import Process, Service, run

MEGABYTE = 1 << 20
ADMIN = "root@example.org"


@pytest.fixture
def service(database_url: str, rabbitmq_url: str, tmp_path: Path) -> Iterator[Service]:
    settings: dict[str, object] = {"lease": 2, "sweep_every": 0.5, "model_check_every": 0.1}
    with Service(database_url, rabbitmq_url, tmp_path, settings) as running:
        running.augury("migrate")
        yield running


async def administrator(service: Service, client: httpx.AsyncClient) -> str:
    """The API key of an administrator."""
    headers = await member(service, client, ADMIN.partition("@")[0], 100)
    await asyncio.to_thread(service.augury, "user", "promote", ADMIN)
    made = await client.post(
        "/users/me/api-keys", json={"name": "models", "scopes": ["admin", "predict"]}, headers=headers
    )
    key: str = made.raise_for_status().json()["key"]
    return key


async def send(client: httpx.AsyncClient, name: str, content: Any, **asked: str) -> httpx.Response:
    headers = {"Content-Type": "application/octet-stream"}
    return await client.post(
        "/admin/models", params={"name": name, **asked}, content=content, headers=headers
    )


async def checked(client: httpx.AsyncClient, ref: str) -> dict[str, Any]:
    async with asyncio.timeout(120 * patience()):
        while True:
            found: dict[str, Any] = (await client.get(f"/admin/models/{ref}")).json()
            if found["state"] != "checking":
                return found
            await asyncio.sleep(0.1)


def memory(process: Process) -> int:
    size: int = psutil.Process(process.popen.pid).memory_info().rss
    return size


async def test_a_file_that_was_sent_predicts_and_damaged_ones_end_no_process(
    service: Service, tmp_path: Path
) -> None:
    good = binary_model(tmp_path / "good.cbm").read_bytes()
    api, worker = service.api(), service.worker()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        client.headers["Authorization"] = f"Bearer {await administrator(service, client)}"
        assert (await send(client, "good", good)).status_code == 202
        damaged = [
            good[: len(good) // 2],
            good[:7],
            b"CBM1" + struct.pack("<I", 2**31),
            b"\x00" * MEGABYTE,
            b"text,label\n",
        ]
        for content in damaged:
            assert (await send(client, "damaged", content)).status_code == 202
        altered = bytearray(good)
        altered[len(good) // 2] ^= 1
        stated = hashlib.sha256(good).hexdigest()
        assert (await send(client, "altered", bytes(altered), sha256=stated)).status_code == 422

        assert (await checked(client, "good@1"))["state"] == "active"
        for version in range(1, len(damaged) + 1):
            found = await checked(client, f"damaged@{version}")
            assert found["state"] == "refused"
            assert found["reason"]
        listed = service.augury("model", "list").splitlines()
        assert [line.split("\t")[:2] for line in listed if line.startswith("damaged")] == [
            [f"damaged@{version}", "refused"] for version in range(1, len(damaged) + 1)
        ]
        row = {"age": 30, "city": "Paris", "text": "good"}
        done = await client.post(
            "/predictions", json={"data": row, "model": "good"}, headers={"Prefer": "wait=60"}
        )

        assert done.status_code == 200, done.text
        assert (done.json()["status"], done.json()["model"]) == ("succeeded", "good@1")
    assert (api.stop(signal.SIGTERM), worker.stop(signal.SIGTERM)) == (0, 0)


async def test_a_check_survives_the_kill_of_its_worker(service: Service, tmp_path: Path) -> None:
    good = regression_model(tmp_path / "good.cbm").read_bytes()
    service.api()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        client.headers["Authorization"] = f"Bearer {await administrator(service, client)}"
        await send(client, "size", good)
        first = service.worker()
        async with asyncio.timeout(60 * patience()):
            while True:
                found = (await client.get("/admin/models/size@1")).json()
                if found["state"] != "checking" or found["check"]["attempts"]:
                    break
        first.kill()
        service.worker()

        assert (await checked(client, "size@1"))["state"] == "active"
        assert len((await client.get("/admin/models")).json()["items"]) == 1


async def test_a_large_file_passes_through_little_memory(service: Service) -> None:
    api = service.api()
    size = 150 * MEGABYTE

    async def large() -> AsyncIterator[bytes]:
        for _ in range(size // MEGABYTE):
            yield b"\x01" * MEGABYTE

    async with httpx.AsyncClient(base_url=service.url, timeout=600) as client:
        client.headers["Authorization"] = f"Bearer {await administrator(service, client)}"
        await send(client, "small", b"small")
        before = memory(api)

        sent = await send(client, "large", large())

        assert sent.json()["check"]["size"] == size
        assert memory(api) - before < 64 * MEGABYTE
        worker = service.worker()
        assert (await checked(client, "large@1"))["state"] == "refused"
        assert worker.popen.poll() is None
    libraries = {Path(each.path).name for each in psutil.Process(api.popen.pid).memory_maps()}
    assert not [each for each in libraries if "catboost" in each]


async def test_an_upload_that_is_killed_leaves_no_version(service: Service) -> None:
    api = service.api()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        key = await administrator(service, client)
        client.headers["Authorization"] = f"Bearer {key}"

        async def cut() -> AsyncIterator[bytes]:
            yield b"x" * 3 * MEGABYTE
            api.kill()
            yield b"x"

        with pytest.raises(httpx.TransportError):
            await send(client, "cut", cut())
        service.api()

        assert (await client.get("/admin/models")).json()["items"] == []


async def test_the_command_sends_a_file_to_a_service_elsewhere(service: Service, tmp_path: Path) -> None:
    file, other = binary_model(tmp_path / "churn.cbm"), regression_model(tmp_path / "other.cbm")
    broken = tmp_path / "broken.cbm"
    broken.write_bytes(b"text,label\n")
    service.api()
    service.worker()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        key = await administrator(service, client)
    elsewhere = {name: each for name, each in service.env.items() if not name.startswith("AUGURY_")}

    def add(path: Path, *more: str, url: str = service.url) -> tuple[int, str, str]:
        given = "--name", "churn", "--url", url, "--key", key
        done = run("model", "add", str(path), *given, *more, env=elsewhere, cwd=tmp_path)
        return done.returncode, done.stdout, done.stderr

    what = "classification, age, city, text"
    assert await asyncio.to_thread(add, file, "--price", "3") == (
        0,
        f"added churn@1: {what}; active, 3 credits per row\n",
        "",
    )
    again = await asyncio.to_thread(add, file)
    assert again == (0, f"churn@1 already has this file: {what}; active, 3 credits per row\n", "")
    code, said, warned = await asyncio.to_thread(add, other)
    assert (code, said) == (0, "added churn@2: regression, x, y; ready, 3 credits per row\n")
    assert warned.startswith("warning: it is not active, because it needs x, y; ")
    code, _, warned = await asyncio.to_thread(add, broken)
    assert code == 1
    assert warned.startswith(
        "augury: The file cannot be served as a model: it does not begin like a CatBoost"
    )
    for more, words in (
        (("--categories", str(file)), "--categories and --sample cannot be used with --url"),
        (("--price", "2000000"), " (422)"),
    ):
        code, _, warned = await asyncio.to_thread(add, file, *more)
        assert (code, words in warned) == (1, True), warned
    code, _, warned = await asyncio.to_thread(add, file, url="http://127.0.0.1:1")
    assert (code, "http://127.0.0.1:1 cannot be reached" in warned) == (1, True), warned
    assert not (tmp_path / ".augury").exists()


async def test_the_three_lines_of_the_documentation_work(service: Service, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/models.md").read_text(encoding="utf-8")
    [script] = re.findall(r"```python\n(import httpx\n.*?)```", page, re.DOTALL)
    _, *lines = filter(None, script.splitlines())
    assert len(lines) == 3, "an import and three lines"
    file = binary_model(tmp_path / "churn.cbm")
    service.api()
    service.worker()
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        key = await administrator(service, client)
        client.headers["Authorization"] = f"Bearer {key}"
        script = script.replace("https://augury.example.com", service.url).replace("churn.cbm", str(file))
        found: dict[str, Any] = {"key": key}

        await asyncio.to_thread(exec, textwrap.dedent(script), found)

        assert (await checked(client, "churn@1"))["state"] == "active"
    assert PASSWORD not in page
