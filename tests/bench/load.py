"""A cheap load generator: it sends ready-made bytes and reads whole HTTP/1.1 answers."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec


@dataclass
class Result:
    """The result: total seconds, seconds per request, and the number of answers by status."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def post(path: str, body: object, headers: dict[str, str] | None = None) -> bytes:
    """The bytes of a POST of JSON."""
    content = msgspec.json.encode(body)
    lines = [f"POST {path} HTTP/1.1", "Host: bench", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += [f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content


def get(path: str, headers: dict[str, str]) -> bytes:
    """The bytes of a GET."""
    lines = [f"GET {path} HTTP/1.1", "Host: bench", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def send_all(port: int, requests: Sequence[bytes], *, clients: int) -> Result:
    """Send the requests over `clients` connections, each as soon as the one before is answered."""
    remaining = iter(requests)
    result = Result(0)
    began = time.perf_counter()
    await asyncio.gather(*(_client(port, remaining, result) for _ in range(clients)))
    result.seconds = time.perf_counter() - began
    return result


async def _client(port: int, requests: Iterator[bytes], result: Result) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for request in requests:
            began = time.perf_counter()
            writer.write(request)
            status, _ = await read_answer(reader)
            result.latencies.append(time.perf_counter() - began)
            result.statuses[status] = result.statuses.get(status, 0) + 1
    finally:
        writer.close()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body of one answer with a Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    at = lower.index(b"content-length:") + len(b"content-length:")
    length = int(lower[at : lower.index(b"\r\n", at)])
    return int(head[9:12]), await reader.readexactly(length)


async def ask(port: int, request: bytes, decode: Callable[[bytes], object]) -> object:
    """Send one request over a new connection. Returns its decoded answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**26)
    try:
        writer.write(request)
        status, body = await read_answer(reader)
        assert status < 300, body[:500]
        return decode(body)
    finally:
        writer.close()
