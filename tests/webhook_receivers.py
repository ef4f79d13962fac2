"""Receivers of webhooks, and names that lead to them."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook as Verifier
from typing_extensions import override

from augury.application.ports import Json
from augury.application.webhooks.ports import Addresses, WebhookSender
from augury.domain.webhook_try import TryResult

PUBLIC = "93.184.216.34"


class KnownAddresses(Addresses):
    """Every name leads to a public address, unless a test says otherwise."""

    def __init__(self) -> None:
        self.by_name: dict[str, Sequence[str]] = {}

    @override
    async def of(self, host: str) -> Sequence[str]:
        return self.by_name.get(host, (PUBLIC,))


class RecordingSender(WebhookSender):
    """Keeps what is sent, and answers what a test says; 204 by default."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mapping[str, str], Json]] = []
        self.answers: list[TryResult] = []

    @override
    async def send(self, url: str, headers: Mapping[str, str], body: Json) -> TryResult:
        self.sent.append((url, headers, body))
        return self.answers.pop(0) if self.answers else TryResult(status_code=204)


@dataclass(slots=True)
class Receiver:
    """Verifies and counts what it gets. `answer` gives the status of the nth call; 0: no answer at all."""

    verifier: Verifier | None = None
    answer: Callable[[int], int] = lambda _: 204
    port: int = 0
    calls: int = 0
    received: Counter[str] = field(default_factory=Counter)
    """How often each event was answered with 204, by its id."""
    subjects: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://receiver.test:{self.port}/"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
            headers = {name.lower(): value for name, _, value in lines}
            body = await reader.readexactly(int(headers["content-length"]))
            assert self.verifier is not None
            self.verifier.verify(body.decode(), headers)
            self.calls += 1
            status = self.answer(self.calls)
            if status == 204:
                self._take(headers["webhook-id"], body)
            if status:
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _take(self, delivery_id: str, body: bytes) -> None:
        self.received[delivery_id] += 1
        self.subjects.add(str(json.loads(body)["data"].get("id")))


@asynccontextmanager
async def receiving(**given: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver(**given)
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0, backlog=1_000)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver
