"""Run work on large data in a separate thread, so that the event loop is not blocked."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
LARGE = 65_536
"""Bytes. Work on less data takes less time than handing it to another thread."""
# Only one thread: several together would get the interpreter more often than the event loop does.
_thread = ThreadPoolExecutor(1, thread_name_prefix="large data")


async def aside(size: int, work: Callable[[], Result]) -> Result:
    """Call `work`, which handles `size` bytes, and return its result. Large work runs in another thread."""
    if size <= LARGE:
        return work()
    return await asyncio.get_running_loop().run_in_executor(_thread, work)
