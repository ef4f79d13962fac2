"""The one client of the commands that speak to a service. Requests are repeated after interruptions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
from yarl import URL

from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.options import checked_key, without_user
from augury.bootstrap.config import OperatorError
from augury.bootstrap.progress import OnStep

CONNECTING, SILENCE = 10.0, 120.0
"""Seconds to connect, and seconds without a byte, after which a request is given up."""
PAUSES = (1, 2, 4, 8, 15, 30, 30, 30, 60, 60, 60)
"""Seconds between attempts, five minutes in all. A service may ask for longer ones."""
TOLD_FROM = 15
"""Seconds of a pause that a person is told about."""
AT_FIRST = 2
"""Pauses before a service that has never answered is given up."""
AGAIN = frozenset({502, 503, 504})
"""Statuses of answers after which the same request may succeed, as after 429 with `Retry-After`."""
TOO_LARGE = "the service, or a proxy in front of it, may not accept such a large file"
PIECE = 1 << 18
"""Bytes of a file that are read and sent at once."""
BREAKS = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)
Result = TypeVar("Result")


class Away(Exception):
    """The service has no answer now. `str()` says why."""

    what = "cannot be reached"
    retry_after = 0.0
    """Seconds that the service asks to wait."""


class AwayForNow(Away):
    """The service has answered that it cannot do it now."""

    what = "refuses for now"

    def __init__(self, reason: str, retry_after: float) -> None:
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
            address = URL(url)
            (address.host or "").encode("idna")  # as the connection will do
        except ValueError as error:
            raise OperatorError(f"{without_user(url)} is not an address: {error}") from error
        if address.scheme not in ("http", "https") or not address.host:
            raise OperatorError(f"{without_user(url)} is not an address that begins with http:// or https://")
        address = address.with_user(None)  # the key says who calls
        self._service = address.origin()
        self._base = str(address.with_query(None).with_fragment(None)).rstrip("/")
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
        may raise `PartialProgress`: then the attempts are counted from the beginning. The first long pause is
        announced.

        Raises `Refused`, and `OperatorError` if the service stays away.
        """
        tries, was_told = 0, False
        while True:
            try:
                return await attempt()
            except PartialProgress:
                tries = 0
                pause = float(PAUSES[0])
            except Away as away:
                why = f"{self._service} {away.what}: {away}"
                if tries == (len(PAUSES) if self._was_reached else AT_FIRST):
                    raise OperatorError(why) from away
                pause = max(PAUSES[tries], min(away.retry_after, 60))
                tries += 1
                if pause >= TOLD_FROM and not was_told:
                    say(f"{why}; trying again", err=True)
                    was_told = True
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
        from 300: redirections are not followed. Raises `OperatorError` for an answer that is not HTTP, and
        for an address that cannot be one."""
        assert self._session is not None
        url = URL(f"{self._base}/{path.lstrip('/')}")
        sending = None if data is None else _Sending(data)
        was_answered = False
        try:
            async with self._session.request(
                method, url, headers=headers, data=sending, allow_redirects=False
            ) as response:
                self._was_reached = was_answered = True
                wait = response.headers.get("Retry-After")
                if response.status in AGAIN or (response.status == 429 and wait is not None):
                    raise AwayForNow(await _reason(response), _seconds(wait))
                if response.status >= 300:
                    raise Refused(response.status, await _reason(response))
                yield response
        except BREAKS as error:
            reason = str(error) or type(error).__name__
            is_cut = sending is not None and sending.has_begun and not was_answered
            if is_cut and not isinstance(error, TimeoutError):
                reason = f"{reason}: {TOO_LARGE}"
            raise Away(reason) from error
        except aiohttp.InvalidURL as error:
            raise OperatorError(f"{self._service} is not an address: {error}") from error
        except aiohttp.ClientError as error:
            raise OperatorError(f"{self._service} does not answer as HTTP says: {error}") from error

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


class _Sending:
    """A request's body, which knows whether any of it was sent."""

    def __init__(self, content: AsyncIterator[bytes]) -> None:
        self._content = content
        self.has_begun = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._content:
            self.has_begun = True
            yield piece


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
        raise OperatorError(
            f"{response.url} does not answer as Augury does: is the address right?"
        ) from error
    if not isinstance(found, dict):
        raise OperatorError(f"{response.url} does not answer as Augury does: is the address right?")
    return found


async def _reason(response: aiohttp.ClientResponse) -> str:
    try:
        problem = await response.json(content_type=None)
        said = problem.get("detail") or problem["title"]
    except (ValueError, KeyError, AttributeError, UnicodeDecodeError):
        said = response.reason or "an error"
    return f"{said} ({response.status})"


def _seconds(header: str | None) -> float:
    """The wait, or 0 if it is none or a date."""
    return float(header) if header and header.isdecimal() else 0.0
