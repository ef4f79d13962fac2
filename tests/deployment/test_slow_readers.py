"""Readers who take a large answer slowly, or stop: nginx and the API hold little of it for them."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Self

import msgspec
import pytest

from tests.deployment.account import Account
from tests.deployment.project import Project, docker
from tests.processes import eventually

MEGABYTE = 1 << 20
WORDS = 300_000
OUTPUT = "[" + ",".join(f'"{md5(str(word).encode()).hexdigest()}"' for word in range(WORDS)) + "]"
"""More than 10 MB, which compress badly."""
OUTPUT_IN_SQL = (
    """convert_to('[' || string_agg('"' || md5(word::text) || '"', ',' ORDER BY word) || ']', 'UTF8') """
    f"FROM generate_series(0, {WORDS - 1}) word"
)
OF_ONE_USER = 64
"""A fourth of `AUGURY_MAX_LARGE_ANSWERS`."""
READ_ON = 4
"""The readers who go on to read. The others never do."""
CLOSED = 7
"""The kernel's number for a connection that was reset."""
SPILLED = "find /var/cache/nginx -type f -size +0; ls -l /proc/[0-9]*/fd | grep /var/cache/nginx || true"


@pytest.fixture
def account(project: Project) -> Account:
    return Account.opened(project, credits=2)


def test_readers_who_stop_cost_little_and_end(project: Project, account: Account) -> None:
    (nginx,), (app,) = project.containers("nginx"), project.containers("app")
    address = project.address_of(nginx)
    with account.client() as client, ExitStack() as stack:
        path = large_prediction(project, account)
        whole = client.get(path).content
        assert msgspec.json.decode(whole)["output"] == msgspec.json.decode(OUTPUT)
        before = [memory_of(nginx), memory_of(app), memory_of_sockets()]

        def opened() -> Reader:
            made = Reader.of(address, path, account)
            stack.enter_context(made.connection)
            return made

        readers = [opened() for _ in range(OF_ONE_USER)]
        stopped = readers[:-READ_ON]
        assert client.get(path).status_code == 503, "each of the readers has its place"
        eventually(Still(nginx, app), 60, "the end of all reading ahead", every=1)
        assert memory_of(nginx) - before[0] < 16 * MEGABYTE
        assert memory_of(app) - before[1] < OF_ONE_USER * MEGABYTE
        assert memory_of_sockets() - before[2] < 2 * OF_ONE_USER * MEGABYTE, "the kernel holds little, too"
        with ThreadPoolExecutor(READ_ON) as pool:  # the newest, before nginx's `send_timeout` ends them
            assert all(pool.map(lambda each: each.all_of_it().endswith(whole), readers[-READ_ON:]))

        assert project.inside("nginx", "sh", "-c", SPILLED) == ""
        answer = client.post(
            "/predictions/predict", json={"data": {"text": "hi"}}, headers={"Prefer": "wait=60"}
        )
        assert answer.json()["status"] == "succeeded"
        eventually(
            lambda: all(each.is_reset() for each in stopped), 120, "the end of all connections", every=1
        )
        assert client.get(path).content == whole


def large_prediction(project: Project, account: Account) -> str:
    """The path of a prediction whose answer has more than 10 MB."""
    with account.client() as client:
        waits = {"Prefer": "wait=60"}
        made = client.post("/predictions/predict", json={"data": {"text": "hi"}}, headers=waits).json()
    project.sql(f"UPDATE predictions SET output = (SELECT {OUTPUT_IN_SQL}) WHERE id = '{made['id']}'")
    return str(made["urls"]["self"])


@dataclass
class Reader:
    """A connection to nginx that has read a few kilobytes of the answer and then nothing more."""

    connection: socket.socket
    begun: bytes

    @classmethod
    def of(cls, address: str, path: str, account: Account) -> Self:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.settimeout(120)
        made.connect((address, 80))
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in account.headers.items()]
        made.sendall("\r\n".join([*lines, "", ""]).encode())
        begun = made.recv(2048)
        assert begun.startswith(b"HTTP/1.1 200 "), begun
        return cls(made, begun)

    def all_of_it(self) -> bytes:
        whole = bytearray(self.begun)
        while part := self.connection.recv(1 << 18):
            whole += part
        return bytes(whole)

    def is_reset(self) -> bool:
        """Whether nginx has ended the connection, although much of the answer was not read."""
        state = self.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        return state == CLOSED


@dataclass
class Still:
    """Whether these containers need as much memory as at the last look."""

    nginx: str
    app: str
    last: tuple[int, ...] = ()

    def __call__(self) -> bool:
        before, self.last = self.last, tuple(memory_of(each) // MEGABYTE for each in (self.nginx, self.app))
        return before == self.last


def memory_of(container: str) -> int:
    """Bytes of the memory of all processes of the container, without files that are mapped."""
    pids = docker("top", container, "-eo", "pid").split()[1:]
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    return sum(
        int(kilobytes) * 1024 for each in statuses for kilobytes in re.findall(r"RssAnon:\s+(\d+)", each)
    )


def memory_of_sockets() -> int:
    """Bytes that the kernel holds in all TCP connections of this machine, of every container, too."""
    (pages,) = re.findall(r"^TCP:.* mem (\d+)", Path("/proc/net/sockstat").read_text(), re.MULTILINE)
    return int(pages) * 4096
