"""The sender against real receivers: what it connects to, what it takes for an answer, and for how long."""

import asyncio
import math
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from augury.application.ports import Json
from augury.application.webhooks.settings import WebhookSettings
from augury.domain.webhook_try import TryError, TryResult
from augury.outbound.dns_addresses import DnsAddresses
from augury.outbound.webhook_sender import HttpWebhookSender
from tests.webhook_receivers import KnownAddresses

LOOPBACK = (ip_network("127.0.0.0/8"),)
BODY = Json(b'{"type":"webhook.test"}')
HEADERS = {"content-type": "application/json", "webhook-id": "7"}
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Receiver:
    """A server that reads one request and answers as a test says."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    """The names that TLS clients asked for."""


@asynccontextmanager
async def receiver(answer: Answer | bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    seen = Receiver()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            seen.requests.append(head + await reader.readexactly(len(BODY)))
            if callable(answer):
                await answer(reader, writer)
            else:
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    if tls:
        tls.sni_callback = lambda _, name, __: seen.names.append(name)
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    seen.port = server.sockets[0].getsockname()[1]
    async with server:
        yield seen


def answered(status: str, **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n{lines}\r\n".encode()


async def sent(
    url: str,
    *,
    names: Mapping[str, Sequence[str]] | None = None,
    allow: bool = True,
    timeout: float = 15,
    tls: ssl.SSLContext | None = None,
) -> TryResult:
    addresses = KnownAddresses()
    addresses.by_name = dict(names or {"receiver.test": ["127.0.0.1"]})
    addresses.by_name.setdefault("127.0.0.1", ["127.0.0.1"])
    settings = WebhookSettings(allow=LOOPBACK if allow else (), timeout=timedelta(seconds=timeout))
    sender = HttpWebhookSender(addresses, settings, tls or ssl.create_default_context())
    return await sender.send(url, HEADERS, BODY)


async def test_an_event_arrives_with_its_headers_at_the_address_that_was_checked() -> None:
    async with receiver(answered("204 No Content")) as there:
        result = await sent(f"http://receiver.test:{there.port}/hook?x=1")

    assert (result.status_code, result.error, result.is_success) == (204, None, True)
    [request] = there.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert body == BODY
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /hook?x=1 http/1.1"
    assert f"host: receiver.test:{there.port}" in lines
    assert "webhook-id: 7" in lines


async def test_a_redirect_is_a_failure_and_not_followed() -> None:
    async with receiver(answered("200 OK")) as other:
        location = f"http://receiver.test:{other.port}/"
        async with receiver(answered("307 Temporary Redirect", Location=location)) as there:
            result = await sent(f"http://receiver.test:{there.port}/")

    assert (result.status_code, result.is_success) == (307, False)
    assert other.requests == []


async def test_a_silent_receiver_ends_after_the_limit() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with receiver(silent) as there:
        result = await sent(f"http://receiver.test:{there.port}/", timeout=0.2)

    assert (result.status_code, result.error) == (None, TryError.TIMED_OUT)
    assert result.took >= timedelta(seconds=0.2)


async def test_the_limit_is_for_all_of_a_try() -> None:
    """A receiver that sends a byte now and then would otherwise keep a place forever."""

    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X: y\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with receiver(dripping) as there:
        result = await sent(f"http://receiver.test:{there.port}/", timeout=0.3)

    assert result.error in (TryError.TIMED_OUT, TryError.BROKEN)


async def test_an_endless_answer_is_not_read() -> None:
    written = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()
            written += 65_536

    async with receiver(endless) as there:
        result = await sent(f"http://receiver.test:{there.port}/")

    assert result.is_success
    assert written < 50_000_000


async def test_a_head_without_an_end_is_not_kept() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Filler: " + b"x" * 4_000 + b"\r\n")
            await writer.drain()

    async with receiver(endless) as there:
        result = await sent(f"http://receiver.test:{there.port}/", timeout=10)

    assert result.error is TryError.BROKEN


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200", b"\x00" * 100])
async def test_what_is_no_answer_is_a_broken_connection(answer: bytes) -> None:
    async with receiver(answer) as there:
        result = await sent(f"http://receiver.test:{there.port}/")

    assert (result.status_code, result.error) == (None, TryError.BROKEN)


async def test_a_killed_receiver_is_not_connected_to() -> None:
    async with receiver(answered("200 OK")) as there:
        port = there.port

    result = await sent(f"http://receiver.test:{port}/")

    assert result.error is TryError.NOT_CONNECTED


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("120", 120, 120),
        ("0", None, None),
        ("soon", None, None),
        ("-5", None, None),
        ("9" * 30, 10**9, None),  # more than a `timedelta` can hold: the longest wait, and not none
    ],
)
async def test_retry_after_in_seconds(text: str, least: int | None, most: int | None) -> None:
    async with receiver(answered("429 Too Many Requests", Retry_After=text)) as there:
        result = await sent(f"http://receiver.test:{there.port}/")

    assert result.status_code == 429
    seconds = result.retry_after and result.retry_after.total_seconds()
    assert (seconds is None) is (least is None)
    assert (least or 0) <= (seconds or 0) <= (most or math.inf)


async def test_retry_after_as_a_date() -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    async with receiver(
        answered("503 Service Unavailable", Retry_After=format_datetime(at, usegmt=True))
    ) as there:
        result = await sent(f"http://receiver.test:{there.port}/")

    assert result.retry_after is not None
    assert timedelta(minutes=50) < result.retry_after <= timedelta(hours=1)


async def test_an_address_inside_is_refused_at_each_try_and_never_connected_to() -> None:
    async with receiver(answered("200 OK")) as there:
        for host in ("receiver.test", "127.0.0.1", "[::1]", "2130706433", "127.1"):
            names = {"receiver.test": ["127.0.0.1"], "::1": ["::1"], "2130706433": ["127.0.0.1"]}
            for scheme in ("http", "https"):
                url = f"{scheme}://{host}:{there.port}/"
                result = await sent(url, names=names | {"127.1": ["127.0.0.1"]}, allow=False)
                assert result.error is TryError.REFUSED_ADDRESS, url

    assert there.requests == []


async def test_a_name_that_changes_after_the_check_leads_nowhere_else() -> None:
    """The address that was checked is the one that is connected to: the name is not resolved again."""

    class Changing(KnownAddresses):
        asked = 0

        async def of(self, host: str) -> Sequence[str]:
            self.asked += 1
            return ["127.0.0.1"] if self.asked == 1 else ["127.0.0.2"]

    async with receiver(answered("200 OK")) as there:
        names = Changing()
        settings = WebhookSettings(allow=LOOPBACK)
        sender = HttpWebhookSender(names, settings, ssl.create_default_context())
        result = await sender.send(f"http://localhost:{there.port}/", HEADERS, BODY)

    assert result.is_success
    assert names.asked == 1


async def test_a_name_that_is_unknown_is_told() -> None:
    assert (await sent("https://nowhere.test/", names={"nowhere.test": []})).error is TryError.NOT_RESOLVED


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver(answered("200 OK")) as proxy, receiver(answered("204 No Content")) as there:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        result = await sent(f"http://receiver.test:{there.port}/")

    assert result.status_code == 204
    assert proxy.requests == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-keyout", str(key), "-out", str(made), "-days", "2", "-subj", "/CN=receiver.test"),
            *("-addext", "subjectAltName=DNS:receiver.test"),
        ],
        check=True,
        capture_output=True,
    )
    return key, made


async def test_the_name_of_the_url_is_in_the_certificate_and_asked_for(
    certificate: tuple[Path, Path],
) -> None:
    key, made = certificate
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(made, key)
    ours = ssl.create_default_context(cafile=str(made))
    names = {each: ["127.0.0.1"] for each in ("receiver.test", "other.test")}

    async with receiver(answered("200 OK"), theirs) as there:
        good = await sent(f"https://receiver.test:{there.port}/", names=names, tls=ours)
        wrong = await sent(f"https://other.test:{there.port}/", names=names, tls=ours)
        unknown = await sent(f"https://receiver.test:{there.port}/", names=names)

    assert good.is_success
    assert there.names[0] == "receiver.test"
    assert [wrong.error, unknown.error] == [TryError.TLS, TryError.TLS]
    assert len(there.requests) == 1


async def test_names_are_resolved_in_threads_of_their_own() -> None:
    addresses = DnsAddresses()

    assert "127.0.0.1" in await addresses.of("localhost")
    assert await addresses.of("127.0.0.1") == ("127.0.0.1",)
    assert await addresses.of("does-not-exist.invalid") == ()
    assert await addresses.of("a" * 300) == ()
    addresses.close()
