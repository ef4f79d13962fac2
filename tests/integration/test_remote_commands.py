"""Commands that speak to a service, against a small server that answers as each test wants."""

import asyncio
import json
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from typing_extensions import override

from augury.bootstrap.cli import remote as client
from augury.bootstrap.cli.model.remote_model import send_model
from augury.bootstrap.cli.model.sending import sent
from augury.bootstrap.cli.remote import Refused, Remote
from augury.bootstrap.config import OperatorError
from tests.patience import patience
from tests.processes import COMMAND, environment

WITHIN = 60 * patience()


class TrainingService(ThreadingHTTPServer):
    """A service with one training, which runs until it is told to end."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.state = "training"
        self.ends = True
        """Whether it obeys."""
        self.followed, self.stopped = Event(), Event()
        self.requests: list[tuple[str, str, str | None, bytes]] = []
        """Method, path, the header `Authorization`, body."""
        self.breaks = 0
        """Requests that get no answer."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: TrainingService

    def do_GET(self) -> None:
        self._answer()
        self.server.followed.set()

    def do_POST(self) -> None:
        if self.path.endswith("/cancel"):
            self.server.state = "canceled" if self.server.ends else "training"
        self._answer()
        if self.path.endswith("/cancel"):
            self.server.stopped.set()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.requests.append((self.command, self.path, self.headers["Authorization"], body))
        if self.server.breaks:
            self.server.breaks -= 1
            self.close_connection = True
            return
        training = {"id": "7", "name": "left", "state": self.server.state, "percent": 5, "found": []}
        answer = json.dumps({**training, "model": None, "reason": "an operator ended it"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[TrainingService]:
    with TrainingService() as running:
        serving = Thread(target=running.serve_forever, args=(0.01,))
        serving.start()
        yield running
        running.shutdown()
        serving.join()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "left.csv"
    file.write_text("age,left\n1,0\n")
    return file


def training_of(table: Path, service: TrainingService) -> "subprocess.Popen[str]":
    command = [*COMMAND, "model", "train", str(table), "--target", "left", "--url", service.url]
    env = environment(api_key="aug_k")
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_ctrl_c_ends_the_training_and_waits_for_its_result(service: TrainingService, table: Path) -> None:
    command = training_of(table, service)
    assert service.followed.wait(WITHIN)
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=WITHIN)

    assert service.stopped.is_set()
    assert command.returncode == 1
    stopping, ended = said.splitlines()
    assert "press Ctrl-C again" in stopping
    assert ended == "augury: there is no model, because the training was canceled: an operator ended it"


def test_a_second_ctrl_c_leaves_the_training_to_the_service(service: TrainingService, table: Path) -> None:
    service.ends = False
    command = training_of(table, service)
    assert service.followed.wait(WITHIN)
    command.send_signal(signal.SIGINT)
    assert service.stopped.wait(WITHIN)
    service.followed.clear()
    assert service.followed.wait(WITHIN)
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=WITHIN)

    assert command.returncode == 1
    assert "Traceback" not in said
    assert [path for _, path, _, _ in service.requests].count("/admin/trainings/7/cancel") == 1


async def test_a_file_is_sent_again_if_the_connection_breaks(
    service: TrainingService, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAUSES", (0,) * len(client.PAUSES))
    service.breaks = 2

    async with Remote(service.url, "aug_k") as remote:
        training = await sent(remote, "admin/trainings", table, {"name": "left", "task": None})

    assert training["id"] == "7"
    assert [body for *_, body in service.requests] == 3 * [table.read_bytes()]
    [path] = {path for _, path, _, _ in service.requests}
    assert path.startswith("/admin/trainings?name=left&sha256=")


async def test_a_user_in_the_address_does_not_replace_the_key(service: TrainingService) -> None:
    async with Remote(service.url.replace("//", "//me:password@"), "aug_k") as remote:
        await remote.json("GET", "admin/trainings/7")

    assert service.requests == [("GET", "/admin/trainings/7", "Bearer aug_k", b"")]


@pytest.mark.parametrize("more", ["/", "?a=1", "/?a=1#top", "#top"])
async def test_the_rest_of_an_address_is_left_out(service: TrainingService, more: str) -> None:
    async with Remote(service.url + more, "aug_k") as remote:
        await remote.json("GET", "admin/trainings/7")

    assert [path for _, path, _, _ in service.requests] == ["/admin/trainings/7"]


async def test_a_refusal_that_names_no_wait_is_final() -> None:
    async with _answering([("429 Too Many", {}, None)]) as (url, asked), Remote(url, "aug_k") as remote:
        with pytest.raises(Refused, match=r"Too Many \(429\)"):
            await remote.json("GET", "batches/1")

    assert len(asked) == 1


@pytest.mark.parametrize("status", ["429 Too Many", "503 Busy"])
async def test_a_refusal_for_now_is_repeated_after_the_wait_that_it_names(
    status: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pauses = _pauses(monkeypatch)
    async with (
        _answering([(status, {"Retry-After": "60"}, None)]) as (url, asked),
        Remote(url, "aug_k") as remote,
    ):
        number, _, words = status.partition(" ")
        said = f"{url} refuses for now: {words} ({number})"
        with pytest.raises(OperatorError) as refused:
            await remote.json("GET", "batches/1")

    assert str(refused.value) == said
    assert pauses == [60.0] * len(client.PAUSES)
    assert len(asked) == len(pauses) + 1
    assert capsys.readouterr().err == f"{said}; trying again\n"


async def test_a_connection_that_closes_while_a_file_is_sent_may_mean_that_it_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pauses(monkeypatch)
    file = tmp_path / "left.csv"
    file.write_bytes(bytes(1 << 24))

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await reader.readuntil(b"\r\n\r\n")).startswith(b"POST"):
            await reader.read(1)
        writer.transport.abort()

    async with _server(hang_up) as url, Remote(url, "aug_k") as remote:
        with pytest.raises(OperatorError) as failed:
            await sent(remote, "admin/trainings", file, {})
        with pytest.raises(OperatorError) as other:
            await remote.json("GET", "admin/trainings")

    assert f"{url} cannot be reached: " in str(failed.value)
    assert str(failed.value).endswith(f": {client.TOO_LARGE}")
    assert client.TOO_LARGE not in str(other.value)


async def test_a_host_that_cannot_be_one_is_no_address() -> None:
    async with Remote("http://127.1", "aug_k") as remote:
        with pytest.raises(OperatorError, match=r"^http://127\.1 is not an address: "):
            await remote.json("GET", "batches/1")


@pytest.mark.parametrize("state", ["ready", "active"])
async def test_a_model_whose_first_answer_was_lost_is_told_as_one_to_activate(
    state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _pauses(monkeypatch)
    file = tmp_path / "left.cbm"
    file.write_bytes(b"CBM1")
    facts = {"row_price": 1, "text_price": 0, "task": "regression", "input_schema": {"properties": {"x": {}}}}
    offer = {"model": "left@2", "state": state, "reason": None, "facts": facts}

    async with _answering([None, ("200 OK", {}, offer)]) as (url, asked):
        await asyncio.to_thread(send_model, url, "aug_k", file, {})

    assert len(asked) == 2
    assert ("to activate it: augury model activate left@2" in capsys.readouterr().err) is (state == "ready")


async def test_what_does_not_speak_http_is_named() -> None:
    async with _greeting(b"220 mail.example.org ESMTP\r\n") as url, Remote(url, "aug_k") as remote:
        with pytest.raises(OperatorError, match=f"{url} does not answer as HTTP says"):
            await remote.json("GET", "batches/1")


@asynccontextmanager
async def _greeting(words: bytes) -> AsyncIterator[str]:
    """A server that says these words to everyone."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        await writer.drain()
        writer.close()

    async with _server(greet) as url:
        yield url


@asynccontextmanager
async def _answering(
    answers: Sequence[tuple[str, Mapping[str, str], object] | None],
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server with these answers (status, headers, content), the last for all further requests. None is a
    connection that closes without an answer. Yields its address, and the heads of the requests so far."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        if length := re.search(rb"Content-Length: (\d+)", asked[-1]):
            await reader.readexactly(int(length[1]))
        if given := answers[min(len(asked), len(answers)) - 1]:
            status, headers, content = given
            body = json.dumps(content)
            lines = {**headers, "Content-Length": str(len(body)), "Connection": "close"}
            head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
            writer.write(f"HTTP/1.1 {status}\r\n{head}\r\n{body}".encode())
            await writer.drain()
        writer.close()

    async with _server(answer) as url:
        yield url, asked


@asynccontextmanager
async def _server(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, none of which takes time."""
    pauses: list[float] = []
    at_once = asyncio.sleep

    async def sleep(seconds: float) -> None:
        if seconds:
            pauses.append(seconds)
        await at_once(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return pauses
