"""Augury's processes: started by the command that a person types, watched, and stopped by id."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import Any, Self

import httpx

from tests.forks import Forked, can_fork, parent_of
from tests.patience import patience
from tests.quick_folder import quick_folder

COMMAND = [sys.executable, "-m", "augury.bootstrap.cli"]
ENDS_WITHIN = 240
STARTS_WITHIN = 60
STOPS_WITHIN = 15


HELD: list[socket.socket] = []


def free_ports(count: int) -> list[int]:
    """Ports that no other call and no other worker gets while this process lives.

    They stay bound without listening. So the kernel does not assign them as free ports, refuses connections
    to them, and lets a server with SO_REUSEADDR (all of ours) listen there.
    """
    holders = [socket.socket() for _ in range(count)]
    for holder in holders:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
    HELD.extend(holders)
    return [holder.getsockname()[1] for holder in holders]


def free_port() -> int:
    [port] = free_ports(1)
    return port


def eventually(holds: Callable[[], Any], within: float = 30, what: str = "it", *, every: float = 0.05) -> Any:
    """The first true result of `holds`, which is called again after `every` seconds. Fails when time is up.

    A busy machine gets more time.
    """
    begun = time.monotonic()
    while True:
        if answer := holds():
            return answer
        if (waited := time.monotonic() - begun) > within * patience():
            raise AssertionError(f"{what} did not happen within {waited:.0f} s")
        time.sleep(every)


@contextmanager
def open_folder(*, quick: bool = True) -> Iterator[Path]:
    """A folder that every account may enter, unlike pytest's: root's embedded server needs that. It is in
    memory if it may be `quick`."""
    made = quick_folder("augury-home-") if quick else Path(mkdtemp(prefix="augury-home-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@dataclass
class Process:
    """One running command. Its output goes to `log`."""

    popen: subprocess.Popen[bytes] | Forked
    log: Path

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def memory(self) -> int:
        """Its memory in bytes."""
        status = Path(f"/proc/{self.popen.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024

    def stop(self, number: int = signal.SIGTERM, within: float = STOPS_WITHIN) -> int:
        """Send the signal and wait for the end. Returns the exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.popen.wait(within * patience())

    def kill(self) -> None:
        self.stop(signal.SIGKILL)


def environment(**settings: object) -> dict[str, str]:
    """This process's environment, with its AUGURY_ settings replaced by these."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AUGURY_")}
    return inherited | {f"AUGURY_{name.upper()}": str(value) for name, value in settings.items()}


def run(*arguments: str, env: Mapping[str, str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. Its libraries are already imported: see `tests.forks`."""
    command = [*COMMAND, *arguments]
    if not can_fork(arguments[0], env):
        return subprocess.run(
            command, env=env, cwd=cwd, capture_output=True, text=True, timeout=ENDS_WITHIN, check=False
        )
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        forked = parent_of(arguments[0]).fork(*arguments, env=env, cwd=cwd, output=output, errors=errors)
        try:
            code = forked.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            forked.send_signal(signal.SIGKILL)
            raise
        for each in (output, errors):
            each.seek(0)
        return subprocess.CompletedProcess(command, code, output.read(), errors.read())


@contextmanager
def started(
    *arguments: str, env: Mapping[str, str], log: Path, cwd: Path | None = None, fork: bool = True
) -> Iterator[Process]:
    """Run a command while the block runs. If it still runs at the end, it is killed.

    Without `fork`, it is started as a person would start it. With `fork`, its libraries are already imported:
    see `tests.forks`.
    """
    popen: subprocess.Popen[bytes] | Forked
    with log.open("ab") as output:
        if fork and can_fork(arguments[0], env):
            popen = parent_of(arguments[0]).fork(*arguments, env=env, cwd=cwd, output=output, errors=output)
        else:
            popen = subprocess.Popen([*COMMAND, *arguments], env=env, cwd=cwd, stdout=output, stderr=output)
    process = Process(popen, log)
    try:
        yield process
    finally:
        if popen.poll() is None:
            process.stop(signal.SIGTERM)
        if popen.poll() is None:
            process.kill()


@dataclass
class Service:
    """API and workers over a real database and broker."""

    database_url: str
    rabbitmq_url: str
    folder: Path
    settings: dict[str, object] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _stack: ExitStack = field(default_factory=ExitStack)
    _count: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        return environment(
            database_url=self.database_url,
            rabbitmq_url=self.rabbitmq_url,
            secret_key="a secret of the tests, long enough to be one",
            models_dir=self.folder / "models",
            port=self.port,
            **self.settings,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def augury(self, *arguments: str) -> str:
        """Run a command. Returns its output. Fails if the command fails."""
        done = run(*arguments, env=self.env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def predicts(self) -> bool:
        """Whether a prediction that is requested now has a result soon."""
        answer = httpx.post(
            f"{self.url}/predictions/predict",
            json={"data": {"text": "hi"}},
            headers={"Prefer": "wait=30"},
            timeout=60,
        )
        return answer.status_code == 200

    def api(self) -> Process:
        process = self._start("api")
        eventually(lambda: self._ready(process), STARTS_WITHIN, "the API")
        return process

    def worker(self) -> Process:
        return self._start("worker")

    def _start(self, name: str) -> Process:
        self._count += 1
        log = self.folder / f"{name}-{self._count}.log"
        return self._stack.enter_context(started(name, env=self.env, log=log))

    def _ready(self, process: Process) -> bool:
        assert process.popen.poll() is None, process.output
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5).status_code == 200
        except httpx.TransportError:
            return False
