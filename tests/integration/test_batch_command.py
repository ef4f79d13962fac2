"""`augury batch run` as a process, against a service of processes."""

import asyncio
import csv
import json
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.test_service import member
from tests.processes import COMMAND, Process, Service, environment, eventually, free_port, run
from tests.trained_tone import TrainedTone

ROWS = 9_000


@dataclass
class Person:
    """Who runs the command in a folder of their own."""

    folder: Path
    service: Service
    token: str
    env: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str, url: str | None = None, key: str | None = None) -> list[str]:
        return [*COMMAND, "batch", *arguments, "--url", url or self.service.url, "--key", key or self.token]

    def run(self, *arguments: str, **more: Any) -> "subprocess.CompletedProcess[str]":
        command = self.command(*arguments, **more)
        return run(*command[len(COMMAND) :], env=environment(), cwd=self.folder)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def batches(self) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.service.url}/batches", headers={"Authorization": f"Bearer {self.token}"})
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@pytest.fixture
def service(database_url: str, rabbitmq_url: str, tmp_path: Path, tone: TrainedTone) -> Iterator[Service]:
    settings: dict[str, object] = {"lease": 2, "sweep_every": 0.5}
    with Service(database_url, rabbitmq_url, tmp_path, settings) as running:
        tone.offer(running)
        yield running


@pytest.fixture
async def api(service: Service) -> Process:
    return service.api()


@pytest.fixture
async def person(service: Service, api: Process, tmp_path: Path) -> Person:
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        headers = await member(service, client, "sender", 100_000)
    folder = tmp_path / "person"
    folder.mkdir()
    rows = "".join(f"{row},the parcel number {row} came early\n" for row in range(ROWS))
    (folder / "rows.csv").write_text(f"id,text\n{rows}")
    return Person(folder, service, headers["Authorization"].removeprefix("Bearer "))


def ids(file: Path) -> list[str]:
    with file.open(newline="") as text:
        return [row["id"] for row in csv.DictReader(text) if row["label"]]


ALL = [str(row) for row in range(ROWS)]
RUN = ("run", "rows.csv", "--model", "tone", "--out", "answers.csv")


async def test_a_file_is_sent_predicted_and_written(service: Service, person: Person) -> None:
    service.worker()

    done = await asyncio.to_thread(person.run, *RUN)

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"answers.csv: {ROWS:,} rows are answered, {ROWS:,} credits\n"
    [batch] = person.batches()
    assert done.stderr == f"batch {batch['id']} is accepted\n"
    assert ids(person.folder / "answers.csv") == ALL
    assert sorted(each.name for each in person.folder.iterdir()) == ["answers.csv", "rows.csv"]
    again = person.run(*RUN)
    assert (again.returncode, again.stderr) == (
        1,
        "augury: answers.csv exists: delete it, or choose another --out\n",
    )


@pytest.mark.parametrize("format", ["ndjson", "parquet"])
async def test_the_ending_says_the_format(service: Service, person: Person, format: str) -> None:
    service.worker()
    small = person.folder / "two.csv"
    small.write_text("id,text\n1,good\n2,bad\n")

    done = await asyncio.to_thread(
        person.run, "run", "two.csv", "--model", "tone", "--out", f"answers.{format}"
    )

    assert done.returncode == 0, done.stderr
    content = (person.folder / f"answers.{format}").read_bytes()
    if format == "ndjson":
        assert [json.loads(line)["input"]["id"] for line in content.splitlines()] == ["1", "2"]
    else:
        assert content[:4] == content[-4:] == b"PAR1"


async def test_rows_without_an_answer_end_in_a_status_of_their_own(service: Service, person: Person) -> None:
    service.worker()
    (person.folder / "rows.ndjson").write_text('{"text": "good"}\n{"text": 7}\n')

    done = await asyncio.to_thread(
        person.run, "run", "rows.ndjson", "--model", "tone", "--out", "answers.csv"
    )

    assert done.returncode == 3
    assert done.stdout == "answers.csv: 1 row is answered, 1 has no answer, 1 credit\n"


async def test_a_killed_command_goes_on_with_the_same_batch(
    service: Service, api: Process, person: Person
) -> None:
    running = person.start(*RUN)
    eventually(person.batches, 60, "the batch")
    running.kill()
    running.communicate()
    second = person.start(*RUN)
    service.worker()
    assert second.wait(120) == 0, second.communicate()

    assert len(person.batches()) == 1
    assert ids(person.folder / "answers.csv") == ALL


async def test_it_waits_for_a_service_that_is_away(service: Service, api: Process, person: Person) -> None:
    running = person.start(*RUN)
    eventually(person.batches, 60, "the batch")
    api.kill()
    service.worker()
    service.api()

    assert running.wait(120) == 0, running.communicate()
    assert ids(person.folder / "answers.csv") == ALL


async def test_results_go_on_at_the_byte_where_they_broke_off(service: Service, person: Person) -> None:
    service.worker()
    async with breaking(service.port, up_to=200_000) as (port, breaks):
        done = await asyncio.to_thread(person.run, *RUN, url=f"http://127.0.0.1:{port}")

    assert done.returncode == 0, done.stderr
    assert len(breaks) > 1
    assert ids(person.folder / "answers.csv") == ALL
    assert len(person.batches()) == 1


async def test_ctrl_c_says_how_to_go_on_and_how_to_cancel(service: Service, person: Person) -> None:
    running = person.start(*RUN)
    eventually(lambda: (person.folder / "answers.csv.batch").exists() and person.batches(), 60, "the batch")
    noted = person.folder / "answers.csv.batch"
    eventually(lambda: json.loads(noted.read_text())["batch_id"], 60, "the note")
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)

    assert running.returncode == 130
    [batch] = person.batches()
    assert f"Stopped. Batch {batch['id']} continues at the service." in said
    assert "batch run rows.csv --model tone --out answers.csv" in said
    assert f"augury batch cancel {batch['id']} --url {service.url}" in said
    assert person.token not in said
    assert "Traceback" not in said
    canceled = person.run("cancel", batch["id"])
    assert canceled.stdout == f"batch {batch['id']} is canceled: 0 rows are answered, 0 credits\n"
    assert person.run(*RUN).returncode == 3


async def test_errors_are_one_line(service: Service, person: Person) -> None:
    said = {
        "wrong key": person.run(*RUN, key="wrong"),
        "no model": person.run("run", "rows.csv", "--model", "tune", "--out", "a.csv"),
        "price": person.run(*RUN, "--max-price", "5"),
        "no service": person.run(*RUN, url=f"http://127.0.0.1:{free_port()}"),
        "no address": person.run(*RUN, url="augury"),
        "no batch": person.run("cancel", "0199"),
    }

    for name, done in said.items():
        assert done.returncode == 1, name
        assert done.stderr.startswith("augury: "), name
        assert done.stderr.count("\n") == 1, done.stderr
        assert person.token not in done.stderr
    assert "tune" in said["no model"].stderr
    assert f"{ROWS}" in said["price"].stderr.replace(",", "")
    assert [each.name for each in person.folder.iterdir() if "answers" in each.name] == ["answers.csv.batch"]
    assert person.batches() == []


async def test_a_file_that_has_changed_is_not_taken_for_the_one_that_was_sent(person: Person) -> None:
    running = person.start(*RUN)
    eventually(person.batches, 60, "the batch")
    running.kill()
    running.communicate()
    (person.folder / "rows.csv").write_text("id,text\n1,other\n")

    done = person.run(*RUN)

    assert done.returncode == 1
    assert re.search(r"rows\.csv has changed: delete \S+\.batch to start again", done.stderr)


@asynccontextmanager
async def breaking(port: int, *, up_to: int) -> AsyncIterator[tuple[int, list[None]]]:
    """A port that passes everything on, and breaks each connection after so many bytes of answers."""
    breaks: list[None] = []

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)

        async def onwards() -> None:
            while piece := await reader.read(65_536):
                back.write(piece)
                await back.drain()

        sending = asyncio.create_task(onwards())
        left = up_to
        try:
            while left > 0 and (piece := await there.read(min(left, 65_536))):
                left -= len(piece)
                writer.write(piece)
                await writer.drain()
            if left <= 0:
                breaks.append(None)
        except ConnectionError:
            pass
        finally:
            sending.cancel()
            writer.transport.abort()
            back.transport.abort()

    server = await asyncio.start_server(passed, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], breaks
