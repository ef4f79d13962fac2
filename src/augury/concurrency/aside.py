"""Work about large data on a thread of its own, so that the event loop goes on meanwhile."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
LARGE = 65_536
"""Work about less data than so many bytes takes less time than another thread costs."""
# One thread: several would together get more turns of the interpreter than the event loop.
_thread = ThreadPoolExecutor(1, thread_name_prefix="large data")


async def aside(size: int, work: Callable[[], Result]) -> Result:
    """Call `work`, which is about so many bytes, and answer its result. Large work runs in another thread."""
    if size <= LARGE:
        return work()
    return await asyncio.get_running_loop().run_in_executor(_thread, work)
