"""The API's own HTTP server on a real socket, and callers that send raw bytes."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import msgspec

from augury.bootstrap.http.server import HttpServer, bound_socket
from augury.inbound.http.edge.address import Network
from augury.inbound.http.edge.connections import Connections, ConnectionSettings, Limit
from tests.patience import patience as patience_of_tests


@dataclass
class Listening:
    port: int
    limited: Connections
    limits: list[Limit]
    """The limits that were applied, in order."""

    async def caller(self, address: str = "127.0.0.1", *, takes: int | None = None) -> "Caller":
        """Connect from an address of this machine. `takes` is the number of unread bytes that the caller's
        socket buffers."""
        return await connected(self.port, address, takes=takes)


@dataclass
class Caller:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes | str) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)

    async def answer(self) -> "Answer":
        """The next response that has a length."""
        async with asyncio.timeout(30 * patience_of_tests()):
            head = await self.reader.readuntil(b"\r\n\r\n")
            answer = Answer.of(head)
            return replace(answer, body=await self.reader.readexactly(answer.length))

    async def rest(self) -> bytes:
        """All bytes until the server closes the connection."""
        async with asyncio.timeout(30 * patience_of_tests()):
            return await self.reader.read()

    async def is_closed(self) -> bool:
        """Wait for the end of the connection, closed or reset."""
        try:
            return await self.rest() == b""
        except ConnectionError:
            return True

    async def hang_up(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, head: bytes) -> "Answer":
        first, *lines = head.decode().rstrip("\r\n").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(int(first.split(" ")[1]), {name.lower(): value.strip() for name, _, value in pairs})

    @property
    def length(self) -> int:
        return int(self.headers.get("content-length", "0"))

    def is_problem(self, status: int, name: str) -> bool:
        """Whether it is this problem document, and says that the connection ends."""
        problem = msgspec.json.decode(self.body)
        assert (self.status, problem["status"]) == (status, status), self
        assert problem["type"] == f"urn:augury:{name}"
        assert problem["title"]
        assert problem["detail"]
        assert self.headers["content-type"] == "application/problem+json"
        assert self.headers["x-content-type-options"] == "nosniff"
        return True


async def connected(port: int, address: str = "127.0.0.1", *, takes: int | None = None) -> Caller:
    raw = socket.socket()
    raw.setblocking(False)
    if takes is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
    raw.bind((address, 0))
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
    return Caller(*await asyncio.open_connection(sock=raw, limit=2**16))


@asynccontextmanager
async def listening(
    app: Any,
    *,
    limits: ConnectionSettings,
    patience: timedelta = timedelta(seconds=30),
    trusted: Sequence[Network] = (),
    keep_alive: timedelta = timedelta(seconds=125),
) -> AsyncIterator[Listening]:
    """Serve the started `app` on a free port."""
    stop, ended = asyncio.Event(), list[Limit]()
    limited = Connections(limits, patience=patience, trusted=trusted, refused=ended.append)
    with bound_socket("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        server = HttpServer(app, before_stop=lambda: None, keep_alive=keep_alive, limited=limited)
        server.config.lifespan = "off"
        serving = asyncio.create_task(server.run_until(stop, listener))
        try:
            yield Listening(port, limited, ended)
        finally:
            stop.set()
            await serving
