"""A RabbitMQ node for tests, with separate ports and a separate folder, which is removed.

A `conftest.py` that wants the fixtures imports them: `from tests.rabbitmq_server import rabbitmq_url, …`.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from augury.outbound.rabbitmq.publisher import RabbitPublisher
from tests.frozen import freeze
from tests.patience import patience
from tests.processes import free_ports
from tests.quick_folder import quick_folder
from tests.run_end import RUN

STARTS_WITHIN = 90
STOPS_WITHIN = 60
DEBIAN = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""The script behind Debian's wrapper, which would run the node as another user, in the system's folders."""
MISSING = "rabbitmq-server is not installed: what needs a real broker is not tested"


class Child:
    """A process that ends when this one ends, in any way: a guard notices that its pipe is closed."""

    def __init__(self, *command: str, env: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._guard = subprocess.Popen(
            ["sh", "-c", 'cat; kill -KILL "$0"', str(self.popen.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def runs(self) -> bool:
        return self.popen.poll() is None

    def end(self, number: int) -> None:
        self._guard.kill()
        self._guard.communicate()
        if self.runs:
            self.popen.send_signal(number)
        self.popen.wait(STOPS_WITHIN * patience())


class RabbitServer:
    """One node, which `start` starts. Its data survives `stop` and `kill`, but not `close`."""

    def __init__(self, command: str, folder: Path, *, home: Path | None = None) -> None:
        """Nodes of a cluster need the same `home`, which has their shared secret."""
        self._command = command
        self._folder = folder
        self._home = home or folder
        self._log = folder / "log.txt"
        self._port, self._distribution, self._management, self._epmd_port = free_ports(4)
        self._peers: Sequence[RabbitServer] = ()
        self._epmd: Child | None = None
        self._node: Child | None = None
        self._left: list[str] = []

    @property
    def name(self) -> str:
        return f"augury{self._port}@localhost"

    @property
    def host(self) -> str:
        """The host with its port, as in URLs."""
        return f"127.0.0.1:{self._port}"

    @property
    def runs(self) -> bool:
        return self._node is not None and self._node.runs

    def join(self, peers: "Sequence[RabbitServer]") -> None:
        """Join the cluster of these nodes. Call it before the first start."""
        self._peers, self._epmd_port = peers, peers[0]._epmd_port

    @property
    def pid(self) -> int:
        assert self._node is not None
        return self._node.popen.pid

    @property
    def url(self) -> str:
        """The URL of the default virtual host."""
        return f"amqp://guest:guest@{self.host}/"

    def fresh_url(self) -> str:
        """The URL of a new virtual host."""
        vhost = uuid4().hex
        self.api("PUT", f"vhosts/{vhost}")
        return self.url + vhost

    @contextmanager
    def lent_url(self) -> Iterator[str]:
        """The URL of a new virtual host. It is removed before the next one is made: at the end of the block
        the node may be down.

        A node with the virtual hosts of a hundred tests starts, stops and waits at many times the cost.
        """
        while self._left:
            with suppress(httpx.HTTPError):  # what cannot be removed costs time, but no test
                self.api("DELETE", f"vhosts/{self._left.pop()}")
        url = self.fresh_url()
        try:
            yield url
        finally:
            self._left.append(url.rpartition("/")[2])

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Send a request to the management API. Returns its answer."""
        answer = httpx.request(
            method,
            f"http://127.0.0.1:{self._management}/api/{path}",
            json=body,
            auth=("guest", "guest"),
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def start(self) -> None:
        """Start the node unless it runs, and wait until it accepts connections."""
        if self.runs:
            return
        env = self._environment()
        if self._epmd is None and self._peers[:1] in ((), (self,)):
            self._epmd = Child("epmd", "-port", str(self._epmd_port), env=env, log=self._log)
        self._node = Child(self._command, env=env, log=self._log)
        self._wait_until_it_listens(self._node)

    def stop(self) -> None:
        """End it the way an administrator would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it the way a power cut would."""
        self.wait_until_queues_are_known()
        self.kill_at_once()

    def kill_at_once(self) -> None:
        """Like `kill`, for a node that may be paused. See `wait_until_queues_are_known`."""
        self._end(signal.SIGKILL)

    def ctl(self, *arguments: str) -> None:
        """Run the administrator's command line."""
        command = Path(self._command).with_name("rabbitmqctl")
        subprocess.run([command, *arguments], env=self._environment(), check=True, capture_output=True)

    def pause(self) -> None:
        """Freeze the node: its connections stay open, but are silent."""
        freeze(self.pid)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        if self._node is not None:
            self._end(signal.SIGKILL)
        if self._epmd is not None:
            self._epmd.end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        assert self._node is not None
        self._node.end(number)

    def wait_until_queues_are_known(self) -> None:
        """RabbitMQ keeps the name of a new quorum queue in memory for a second. If it is killed before it
        writes the name, the queue returns without a leader, permanently (seen with 3.10)."""
        queues = [queue for queue in self.api("GET", "queues") if queue["type"] == "quorum"]
        names = [f"{quote(queue['vhost'], safe='')}_{queue['name']}".encode() for queue in queues]
        # With its length: otherwise a name would match another that begins with it.
        names = [bytes([len(name)]) + name for name in names]
        end = time.monotonic() + 10
        while time.monotonic() < end:
            known = b"".join(file.read_bytes() for file in self._folder.rglob("names.dets"))
            if all(name in known for name in names):
                return
            time.sleep(0.05)

    def _wait_until_it_listens(self, node: Child) -> None:
        end = time.monotonic() + STARTS_WITHIN * patience()
        while node.runs and time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            time.sleep(0.1)
        raise RuntimeError(f"RabbitMQ did not start:\n{self._log.read_text(errors='replace')[-5000:]}")

    def _cluster(self) -> str:
        """The part of the configuration about the node's cluster."""
        if not self._peers:
            return ""
        nodes = [
            f"cluster_formation.classic_config.nodes.{n} = {peer.name}"
            for n, peer in enumerate(self._peers, 1)
        ]
        return "\n".join(["cluster_formation.peer_discovery_backend = classic_config", *nodes, ""])

    def _environment(self) -> dict[str, str]:
        plugins, config = self._folder / "plugins", self._folder / "rabbitmq.conf"
        plugins.write_text("[rabbitmq_management].")
        config.write_text(
            f"management.tcp.port = {self._management}\n"
            "management.tcp.ip = 127.0.0.1\n"
            "collect_statistics_interval = 1000\n" + self._cluster()
        )
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ_")}
        return inherited | {
            "HOME": str(self._home),  # where Erlang keeps its cookie
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "logs"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "no-rabbitmq-env.conf"),
            "RABBITMQ_ALLOW_INPUT": "1",  # the script becomes the node instead of waiting for it
            "RABBITMQ_SERVER_START_ARGS": "-noinput",
        }


def rabbitmq_command() -> str | None:
    """The script that starts a node, or None if it or Erlang's programs are missing."""
    if shutil.which("epmd") is None:
        return None
    return str(DEBIAN) if DEBIAN.exists() else shutil.which("rabbitmq-server")


@contextmanager
def running_rabbitmq() -> Iterator[RabbitServer]:
    """A node that runs while the block runs."""
    command = rabbitmq_command()
    if command is None:
        raise RuntimeError(MISSING)
    folder = quick_folder("augury-rabbitmq-")
    server = RabbitServer(command, folder)
    try:
        server.start()
        yield server
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


@cache
def shared_node() -> RabbitServer:
    """The node that all tests of this process share. It starts at the first use and ends with the run."""
    return RUN.enter_context(running_rabbitmq())


@pytest.fixture
def rabbitmq() -> RabbitServer:
    """The shared node, running, whatever an earlier test did to it. Without RabbitMQ: skip, or fail in CI."""
    if rabbitmq_command() is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    node = shared_node()
    node.start()
    return node


@pytest.fixture
def rabbitmq_url(rabbitmq: RabbitServer) -> Iterator[str]:
    """The URL of a new virtual host."""
    with rabbitmq.lent_url() as url:
        yield url


def is_connected(publisher: RabbitPublisher) -> bool:
    """Looks at the publisher's state, since a request to the broker would declare the queue again."""
    return publisher._link is not None
