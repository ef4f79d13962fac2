"""A cluster of three RabbitMQ nodes on this machine, for tests that stop one of them."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx

from tests.processes import eventually
from tests.quick_folder import quick_folder
from tests.rabbitmq_server import MISSING, RabbitServer, rabbitmq_command

NODES = 3
COOKIE = "a secret that the nodes share".replace(" ", "-")


class RabbitCluster:
    def __init__(self, nodes: tuple[RabbitServer, ...]) -> None:
        self.nodes = nodes

    def fresh_url(self) -> str:
        """The URL of a new virtual host, with all nodes."""
        vhost = eventually(self._new_host, 90, "a virtual host")
        return f"amqp://guest:guest@{','.join(node.host for node in self.nodes)}/{vhost}"

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Send a request to the management API of a running node. Returns its answer."""
        return next(node for node in self.nodes if node.runs).api(method, path, body)

    def leader(self, vhost: str, queue: str) -> RabbitServer:
        """The node of a classic queue, or the leader of a quorum queue."""
        path = f"queues/{quote(vhost, safe='')}/{queue}"
        name = eventually(lambda: self.api("GET", path).get("node"), what=f"the node of {queue}")
        return next(node for node in self.nodes if node.name == name)

    def start(self) -> None:
        """Start the nodes that do not run, and wait until all know each other."""
        with ThreadPoolExecutor(len(self.nodes)) as threads:
            list(threads.map(RabbitServer.start, self.nodes))
        eventually(self._is_whole, 60, "a cluster of all nodes")

    def close(self) -> None:
        for node in reversed(self.nodes):  # the first one runs the service by which they find each other
            node.close()

    def _new_host(self) -> str:
        """The name of a new virtual host, or an empty string: a cluster that has just started may keep a
        request waiting, and leave a virtual host that nobody may use."""
        vhost = uuid4().hex
        with suppress(httpx.HTTPError):
            self.api("PUT", f"vhosts/{vhost}")
            return vhost
        return ""

    def _is_whole(self) -> bool:
        with suppress(httpx.HTTPError):  # a node that has just started still gathers its statistics
            return [node["running"] for node in self.api("GET", "nodes")] == [True] * len(self.nodes)
        return False


@contextmanager
def running_cluster() -> Iterator[RabbitCluster]:
    """Three nodes that run while the block runs."""
    command = rabbitmq_command()
    if command is None:
        raise RuntimeError(MISSING)
    home = quick_folder("augury-cluster-")
    cookie = home / ".erlang.cookie"
    cookie.write_text(COOKIE)
    cookie.chmod(0o400)
    nodes = tuple(RabbitServer(command, _folder(home / str(n)), home=home) for n in range(NODES))
    for node in nodes:
        node.join(nodes)
    cluster = RabbitCluster(nodes)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()
        shutil.rmtree(home, ignore_errors=True)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
