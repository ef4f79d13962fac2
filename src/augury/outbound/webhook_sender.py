"""Sends webhooks over HTTP, only to permitted addresses."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from augury.application.ports import Json
from augury.application.webhooks.ports import Addresses, WebhookSender
from augury.application.webhooks.settings import WebhookSettings
from augury.domain.webhook import InvalidWebhook
from augury.domain.webhook_address import require_callable, target_of
from augury.domain.webhook_try import TryError, TryResult


@dataclass(frozen=True, slots=True)
class HttpWebhookSender(WebhookSender):
    """Makes a new connection for each attempt, so that each one is checked again. Proxies from the
    environment are not used, because they would resolve the name again."""

    addresses: Addresses
    settings: WebhookSettings
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    @override
    async def send(self, url: str, headers: Mapping[str, str], body: Json) -> TryResult:
        began = time.perf_counter()
        status = error = after = None
        try:
            async with asyncio.timeout(self.settings.timeout.total_seconds()):
                status, after = await self._post(url, headers, body)
        except InvalidWebhook:
            error = TryError.REFUSED_ADDRESS
        except _NotResolved:
            error = TryError.NOT_RESOLVED
        except TimeoutError:
            error = TryError.TIMED_OUT
        except ClientSSLError:
            error = TryError.TLS
        except ClientConnectorError:
            error = TryError.NOT_CONNECTED
        except (ClientError, OSError, ValueError):  # a receiver's answer is not always HTTP
            error = TryError.BROKEN
        took = timedelta(seconds=time.perf_counter() - began)
        return TryResult(status_code=status, error=error, took=took, retry_after=after)

    async def _post(self, url: str, headers: Mapping[str, str], body: Json) -> tuple[int, timedelta | None]:
        """The status of the answer and its `Retry-After`. The body is not read: it is not needed, and may be
        endless."""
        target = target_of(url)
        addresses = await self.addresses.of(target.host)
        if not addresses:
            raise _NotResolved
        require_callable(target, addresses, self.settings.allow)
        connector = TCPConnector(
            resolver=_Known(addresses), socket_factory=_only_to(addresses), ssl=self.tls, force_close=True
        )
        async with (
            ClientSession(
                connector=connector,
                cookie_jar=DummyCookieJar(),
                timeout=ClientTimeout(),  # the time limit is for the whole attempt
                auto_decompress=False,
                trust_env=False,
            ) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            return answer.status, _retry_after(answer.headers.get("Retry-After"))


MOST_DIGITS = 12
"""The digits of `Retry-After` that are read. So many seconds are beyond every limit anyway."""


class _NotResolved(Exception):
    pass


class _Known(AbstractResolver):
    """Returns the addresses that were checked, so that the name is not resolved again."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    @override
    async def close(self) -> None:
        pass


AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]


def _only_to(addresses: Sequence[str]) -> Callable[[AddressInfo], socket.socket]:
    """Makes sockets only for the addresses that were checked. The resolver does not see an address that
    stands in the URL itself."""

    def made(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if address[0] not in addresses:
            raise OSError("the address was not checked")
        return socket.socket(family, kind, protocol)

    return made


def _retry_after(text: str | None) -> timedelta | None:
    """The wait that `Retry-After` names, in seconds or as a date (RFC 9110, section 10.2.3). None if it names
    neither, or a time in the past."""
    if text is None:
        return None
    try:
        wait = timedelta(seconds=int(text[:MOST_DIGITS])) if text.isdecimal() else _until(text)
    except (ValueError, OverflowError):
        return None
    return wait if wait > timedelta() else None


def _until(text: str) -> timedelta:
    at = parsedate_to_datetime(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)
