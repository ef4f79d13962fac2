"""Augury's commands, forked from a process that has imported what they need.

Importing a command's libraries takes seconds of CPU time, and a run of all tests starts hundreds of
processes. A forked one runs the same code from `__main__` on, in its own environment and folder, with its own
output. Processes that start in a container, from a script, or by `started(…, fork=False)` are not forked.
The starter model, which takes ten seconds of CPU time, is trained once for all forked ones: see
`tests.starter_once`.
"""

import gc
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import IO, Any, NoReturn

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
    "bot": ("augury.bootstrap.bot", "augury.bootstrap.broker", "uvloop"),
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
FORKS_WITHIN, ENDS_WITHIN = 120, 15
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
    """A process that has imported a command's modules, and forks for each request."""

    def __init__(self, name: str) -> None:
        self._here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for each in (self._here, there):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST)
        with there:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forks", str(there.fileno()), name],
                cwd=ROOT,
                pass_fds=[there.fileno()],
                env=_read_at_start(os.environ) | {STARTER_FOLDER: os.environ.get(STARTER_FOLDER, "")},
            )
        RUN.callback(self.close)

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

    def close(self) -> None:
        """It ends, with the processes that it forked, when it notices that its socket is closed."""
        self._here.close()
        try:
            self._process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(ENDS_WITHIN)


def parent_of(command: str) -> Parent:
    return _parent(_parent_named(command))


@cache
def _parent(name: str) -> Parent:
    return Parent(name)


def _serve(control: socket.socket) -> dict[str, Any]:
    """Fork for each request until the other side is gone. Returns in the forked process."""
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with selectors.DefaultSelector() as events:
        events.register(control, selectors.EVENT_READ)
        children: dict[int, int] = {}
        while True:
            for key, _ in events.select():
                if key.fileobj is not control:
                    _report(events, key, children)
                    continue
                message, fds, _, _ = socket.recv_fds(control, LONGEST, 3)
                if not message:
                    _end_with(children)
                output, errors, end = fds
                pid = os.fork()
                if pid == 0:
                    signal.signal(signal.SIGINT, interrupt)
                    os.dup2(output, 1)
                    os.dup2(errors, 2)
                    request: dict[str, Any] = json.loads(message)
                    return request
                os.close(output)
                os.close(errors)
                os.write(end, str(pid).encode())
                ended = os.pidfd_open(pid)
                children[ended] = pid
                events.register(ended, selectors.EVENT_READ, end)


def _report(events: selectors.BaseSelector, key: selectors.SelectorKey, children: dict[int, int]) -> None:
    events.unregister(key.fileobj)
    _, status = os.waitpid(children.pop(key.fd), 0)
    with suppress(OSError):
        os.write(key.data, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(key.data)
    os.close(key.fd)


def _end_with(children: Mapping[int, int]) -> NoReturn:
    for pid in children.values():
        os.kill(pid, signal.SIGKILL)
    os._exit(0)


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    for module in (f"{MODULE}.root", *NEEDED[sys.argv[2]]):
        import_module(module)
    if http := sys.modules.get("augury.inbound.http.app"):
        http.openapi("")  # kept by its base path: it takes half of the time of an application
    if "augury.bootstrap.starter" in sys.modules and (folder := os.environ.get(STARTER_FOLDER)):
        train_once(Path(folder))
    gc.collect()
    gc.freeze()
    request = _serve(control)
    control.detach()
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
