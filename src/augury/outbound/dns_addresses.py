"""Resolves names with the system's resolver, in its own threads.

A name server that does not answer blocks a thread for a long time. In asyncio's shared threads, a few such
names would block everything.
"""

import asyncio
import socket
from collections.abc import Sequence
from functools import partial

from typing_extensions import override

from augury.application.webhooks.ports import Addresses
from augury.concurrency.threads import Threads

SECONDS = 5.0
"""Time limit for resolving a name, in seconds."""


class DnsAddresses(Addresses):
    def __init__(self, threads: int = 16) -> None:
        self._threads = Threads(threads, name="dns")

    @override
    async def of(self, host: str) -> Sequence[str]:
        try:
            async with asyncio.timeout(SECONDS):
                found = await self._threads.run(partial(_look_up, host))
        except (OSError, UnicodeError, TimeoutError):
            return ()
        return tuple(dict.fromkeys(found))

    def close(self) -> None:
        self._threads.close()


def _look_up(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
