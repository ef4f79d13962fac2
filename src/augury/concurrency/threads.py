"""Threads for work that would block the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class Threads:
    def __init__(self, most: int, *, name: str) -> None:
        """At most so many threads, which are started when they are needed. Their names begin with `name`."""
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=name)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Call `work` in a thread, and return its result. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """End the threads without waiting for running calls. Work that waits is canceled."""
        self._pool.shutdown(wait=False, cancel_futures=True)
