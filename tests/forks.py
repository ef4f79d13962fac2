"""Augury's commands, forked from a process that has imported what they need.

Importing a command's libraries takes seconds of CPU time, and a run of all tests starts hundreds of
processes. A forked one runs the same code from `__main__` on, in its own environment and folder, with its own
output. Processes that start in a container, from a script, or by `started(…, fork=False)` are not forked.
All workers of a run share the processes that fork, one for each command: their imports take twelve seconds of
CPU time together.
The starter model, which takes ten seconds of CPU time, is trained once for all forked ones: see
`tests.starter_once`.
"""

import fcntl
import gc
import json
import os
import runpy
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import IO, Any
from uuid import uuid4

from augury.bootstrap import cli
from augury.bootstrap.cli.root import OPERATOR_GROUPS
from tests.patience import patience
from tests.run_end import RUN
from tests.starter_once import STARTER_FOLDER, train_once

ROOT = Path(__file__).parents[1]
MODULE = "augury.bootstrap.cli"
OPERATOR = tuple(OPERATOR_GROUPS)


def _modules_of_commands() -> tuple[str, ...]:
    found = walk_packages(cli.__path__, f"{MODULE}.")
    return tuple(each.name for each in found if not each.name.endswith("__main__"))


NEEDED: dict[str, tuple[str, ...]] = {
    "api": ("augury.bootstrap.api", "augury.bootstrap.broker", "uvloop"),
    "worker": (
        "augury.bootstrap.worker",
        "augury.bootstrap.broker",
        "augury.outbound.catboost.predictor",
        "uvloop",
    ),
    "deliver": ("augury.bootstrap.deliver", "augury.outbound.webhook_sender", "uvloop"),
    "bot": ("augury.bootstrap.bot", "augury.bootstrap.bot_serving", "augury.bootstrap.broker", "uvloop"),
    "up": (
        "alembic.runtime.migration",
        "augury.bootstrap.up",
        "augury.outbound.webhook_sender",
        "augury.bootstrap.broker",
        "augury.outbound.catboost.predictor",
        "rich.console",
        "uvloop",
    ),
    "operator": (*_modules_of_commands(), "augury.bootstrap.starter", "augury.outbound.postgres.migrations"),
}
"""The modules that each command imports sooner or later. An operator's commands share one parent."""
FORKS_WITHIN = 120
_started: list[subprocess.Popen[bytes]] = []
"""The processes that this one has started, which outlive it."""
LONGEST = 1 << 20
"""The most bytes of a request, which consists mainly of an environment."""


def can_fork(command: str, env: Mapping[str, str]) -> bool:
    """Whether a forked process equals a new one: the variables that the interpreter and the libraries read at
    their start have the same values here."""
    return _parent_named(command) in NEEDED and _read_at_start(env) == _read_at_start(os.environ)


def _parent_named(command: str) -> str:
    return "operator" if command in (*OPERATOR, "migrate") else command


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if not name.startswith(("AUGURY_", "PYTEST_"))}


class Forked:
    """A forked process with the part of `subprocess.Popen`'s interface that tests need."""

    def __init__(self, pid: int, end: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._end = end
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        with self._lock:
            if self.returncode is None and self._ends_within(0):
                said = self._end.recv(16)
                self.returncode = int(said) if said else -signal.SIGKILL  # or the parent itself was killed
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.poll() is None:
            self._ends_within(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(MODULE, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _ends_within(self, seconds: float | None) -> bool:
        waiting = select.poll()  # unlike `select.select`, for any descriptor
        waiting.register(self._end, select.POLLIN)
        return bool(waiting.poll(None if seconds is None else seconds * 1000))


class Parent:
    """A process that has imported a command's modules, and forks for each request. The first worker of a run
    that needs it starts it, and the others connect to it. It ends with the run."""

    def __init__(self, name: str) -> None:
        self._here = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST)
        address = _folder() / f"{name}.socket"
        with (_folder() / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                self._here.connect(str(address))
            except OSError:  # none was started, or it has ended
                _start_parent(name, address)
                self._here.connect(str(address))
        RUN.callback(self._here.close)  # what it forked for this process ends

    def fork(
        self, *arguments: str, env: Mapping[str, str], cwd: Path | None, output: IO[Any], errors: IO[Any]
    ) -> Forked:
        end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = {"arguments": arguments, "env": dict(env), "cwd": str(cwd or Path.cwd())}
        with theirs:
            fds = [output.fileno(), errors.fileno(), theirs.fileno()]
            socket.send_fds(self._here, [json.dumps(request).encode()], fds)
        end.settimeout(FORKS_WITHIN * patience())  # the first time, it also imports
        said = end.recv(16)
        if not said:
            raise RuntimeError("the process that forks has ended: its output says why")
        pid = int(said)
        end.settimeout(None)
        return Forked(pid, end)


@cache
def _folder() -> Path:
    """All workers of a run have the same. Its path is short enough for a socket's address."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)
    folder = Path(tempfile.gettempdir(), f"augury-forks-{run[:32]}-{ROOT.stat().st_ino}")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _run() -> int:
    """The process id of the run: of pytest-xdist's first process, if this is one of its workers."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _start_parent(name: str, address: Path) -> None:
    """It answers after its imports; connecting to it succeeds at once."""
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST)
        listener.bind(str(address))
        listener.listen(64)
        started = subprocess.Popen(
            [sys.executable, "-m", "tests.forks", str(listener.fileno()), str(_run()), name],
            cwd=ROOT,
            pass_fds=[listener.fileno()],
            env=_read_at_start(os.environ) | {STARTER_FOLDER: os.environ.get(STARTER_FOLDER, "")},
        )
    _started.append(started)


def parent_of(command: str) -> Parent:
    return _parent(_parent_named(command))


@cache
def _parent(name: str) -> Parent:
    return Parent(name)


@dataclass(frozen=True, slots=True)
class Child:
    pid: int
    client: socket.socket
    """The connection of the process that asked for it."""
    end: int
    """Where its exit code is written to."""


@dataclass
class Server:
    """Forks for each request of its clients, which are workers of a run, until the run is over."""

    listener: socket.socket
    run: int
    """The run's process, as a descriptor."""
    children: dict[int, Child] = field(default_factory=dict)
    """By the descriptors of their processes."""

    def serve(self) -> dict[str, Any]:
        """Returns the request in the forked process."""
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        with selectors.DefaultSelector() as events:
            events.register(self.listener, selectors.EVENT_READ)
            events.register(self.run, selectors.EVENT_READ)
            while True:
                for key, _ in events.select():
                    if key.fd == self.run:
                        self._end_those_of(None)
                        shutil.rmtree(Path(self.listener.getsockname()).parent, ignore_errors=True)
                        os._exit(0)
                    elif key.fileobj is self.listener:
                        events.register(self.listener.accept()[0], selectors.EVENT_READ)
                    elif isinstance(key.fileobj, socket.socket):
                        request = self._answer(key.fileobj, events)
                        if request is not None:
                            signal.signal(signal.SIGINT, interrupt)
                            for other in events.get_map().values():
                                if isinstance(other.fileobj, socket.socket):
                                    other.fileobj.detach()  # its descriptor is closed below
                            return request
                    else:
                        events.unregister(key.fd)
                        self._report(key.fd)

    def _answer(self, client: socket.socket, events: selectors.BaseSelector) -> dict[str, Any] | None:
        try:
            message, fds, _, _ = socket.recv_fds(client, LONGEST, 3)
        except ConnectionError:
            message = b""
        if not message:
            events.unregister(client)
            client.close()
            self._end_those_of(client)
            return None
        output, errors, end = fds
        pid = os.fork()
        if pid == 0:
            os.dup2(output, 1)
            os.dup2(errors, 2)
            request: dict[str, Any] = json.loads(message)
            return request
        os.close(output)
        os.close(errors)
        with suppress(OSError):
            os.write(end, str(pid).encode())
        ended = os.pidfd_open(pid)
        self.children[ended] = Child(pid, client, end)
        events.register(ended, selectors.EVENT_READ)
        return None

    def _report(self, ended: int) -> None:
        child = self.children.pop(ended)
        _, status = os.waitpid(child.pid, 0)
        with suppress(OSError):
            os.write(child.end, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(child.end)
        os.close(ended)

    def _end_those_of(self, client: socket.socket | None) -> None:
        """Without a client, all of them."""
        for child in self.children.values():
            if client is None or child.client is client:
                os.kill(child.pid, signal.SIGKILL)


def main() -> None:
    listener, run, name = socket.socket(fileno=int(sys.argv[1])), os.pidfd_open(int(sys.argv[2])), sys.argv[3]
    for module in (f"{MODULE}.root", *NEEDED[name]):
        import_module(module)
    if http := sys.modules.get("augury.inbound.http.app"):
        http.openapi("")  # kept by its base path: it takes half of the time of an application
    if "augury.bootstrap.starter" in sys.modules and (folder := os.environ.get(STARTER_FOLDER)):
        train_once(Path(folder))
    gc.collect()
    gc.freeze()
    request = Server(listener, run).serve()
    listener.detach()
    for each in [int(open_file.name) for open_file in Path("/proc/self/fd").iterdir()]:
        if each > 2:
            with suppress(OSError):  # the descriptor of the listing itself is already closed
                os.close(each)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.argv[1:] = request["arguments"]
    runpy.run_module(MODULE, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
