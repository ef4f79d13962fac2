"""The one client of the commands that speak to a service. Requests are repeated after interruptions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
from yarl import URL

from augury.bootstrap.cli.options import checked_key
from augury.bootstrap.config import OperatorError
from augury.bootstrap.progress import OnStep

CONNECTING, SILENCE = 10.0, 120.0
"""Seconds to connect, and seconds without a byte, after which a request is given up."""
PAUSES = (1, 2, 4, 8, 15, 30, 30, 30, 60, 60, 60)
"""Seconds between attempts, five minutes in all."""
AT_FIRST = 2
"""Pauses before a service that has never answered is given up."""
AGAIN = frozenset({429, 502, 503, 504})
"""Statuses of answers after which the same request may succeed."""
PIECE = 1 << 18
"""Bytes of a file that are read and sent at once."""
BREAKS = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)
Result = TypeVar("Result")


class Away(Exception):
    """The service has no answer now. `str()` says why."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Refused(OperatorError):
    """The service has refused a request."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Remote:
    """Use it as a context manager.

    Variables such as HTTPS_PROXY are not obeyed. If they were, aiohttp would also take passwords from
    `~/.netrc`, and refuse to send them beside the key.
    """

    def __init__(self, url: str, key: str) -> None:
        """Raises `OperatorError` if the URL is not an address, or the key cannot be one."""
        try:
            self._base = URL(url.rstrip("/"))
            (self._base.host or "").encode("idna")  # as the connection will do
        except ValueError as error:
            raise OperatorError(f"--url {url} is not an address: {error}") from error
        if self._base.scheme not in ("http", "https") or not self._base.host:
            raise OperatorError(f"--url {url} is not an address that begins with http:// or https://")
        self._base = self._base.with_user(None)  # the key says who calls
        self._headers = {"Authorization": f"Bearer {checked_key(key)}", "Accept-Encoding": "identity"}
        self._was_reached = False
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECTING, sock_read=SILENCE)
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    async def patiently(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        """The result of the first attempt that succeeds. An attempt that made progress before it broke off
        may raise `PartialProgress`: then the attempts are counted from the beginning.

        Raises `Refused`, and `OperatorError` if the service stays away.
        """
        tries = 0
        while True:
            try:
                return await attempt()
            except PartialProgress:
                tries = 0
                pause = float(PAUSES[0])
            except Away as away:
                if tries == (len(PAUSES) if self._was_reached else AT_FIRST):
                    raise OperatorError(f"{self._base.origin()} cannot be reached: {away}") from away
                pause = max(PAUSES[tries], min(away.retry_after or 0, 60))
                tries += 1
            await asyncio.sleep(pause)

    @asynccontextmanager
    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: AsyncIterator[bytes] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request. Raises `Away` if another attempt may succeed, and `Refused` for all other statuses
        from 300: redirections are not followed. Raises `OperatorError` for an answer that is not HTTP."""
        assert self._session is not None
        url = URL(f"{self._base}/{path.lstrip('/')}")
        try:
            async with self._session.request(
                method, url, headers=headers, data=data, allow_redirects=False
            ) as response:
                self._was_reached = True
                if response.status in AGAIN:
                    raise Away(await _reason(response), _seconds(response.headers.get("Retry-After")))
                if response.status >= 300:
                    raise Refused(response.status, await _reason(response))
                yield response
        except BREAKS as error:
            raise Away(str(error) or type(error).__name__) from error
        except aiohttp.ClientError as error:
            raise OperatorError(f"{self._base.origin()} does not answer as HTTP says: {error}") from error

    async def json(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: Callable[[], AsyncIterator[bytes]] | None = None,
    ) -> dict[str, Any]:
        """The answer to a request that may be repeated. `content` makes the body of each attempt.

        Raises `Refused`, and `OperatorError` if the service stays away.
        """

        async def attempt() -> dict[str, Any]:
            data = None if content is None else content()
            async with self.ask(method, path, headers=headers, data=data) as response:
                return await read_json(response)

        return await self.patiently(attempt)


class PartialProgress(Exception):
    """An attempt broke off after some progress, which the next one continues."""


async def content_of(file: Path, size: int, on_step: OnStep) -> AsyncIterator[bytes]:
    """The file in pieces. `on_step` is told the bytes that were sent, of `size`."""
    done = 0
    with file.open("rb") as opened:
        while piece := await asyncio.to_thread(opened.read, PIECE):
            yield piece
            done += len(piece)
            on_step(done, size)


async def read_json(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """Raises `OperatorError` if this is not an answer of Augury."""
    try:
        found = await response.json(content_type=None)
    except (ValueError, UnicodeDecodeError) as error:
        raise OperatorError(f"{response.url} does not answer as Augury does: is --url right?") from error
    if not isinstance(found, dict):
        raise OperatorError(f"{response.url} does not answer as Augury does: is --url right?")
    return found


async def _reason(response: aiohttp.ClientResponse) -> str:
    try:
        problem = await response.json(content_type=None)
        said = problem.get("detail") or problem["title"]
    except (ValueError, KeyError, AttributeError, UnicodeDecodeError):
        said = response.reason or "an error"
    return f"{said} ({response.status})"


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdecimal() else None
