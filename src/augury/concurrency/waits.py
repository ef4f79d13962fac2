"""Waits in bounded time: for an event, and for tasks that have to end."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Any


async def is_set_within(seconds: float, event: asyncio.Event) -> bool:
    """Wait up to this many seconds for the event. Returns whether it is set.

    `asyncio.wait_for` of Python 3.11 may lose a cancellation that comes together with the event.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False


async def end(tasks: Collection[asyncio.Task[Any]], *, grace: float = 0) -> None:
    """Wait up to `grace` seconds for the tasks. Then cancel the rest, and wait until they have ended."""
    if tasks and grace:
        await asyncio.wait(tasks, timeout=grace)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
