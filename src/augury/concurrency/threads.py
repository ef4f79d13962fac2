"""Threads for work that would block the event loop."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


class Threads:
    def __init__(self, most: int, *, name: str, niceness: int = 0) -> None:
        """At most `most` threads, which are started when they are needed. Their names begin with `name`.

        With `niceness`, they give way to others if processors are scarce. Not every system lets a single
        thread give way.
        """
        self._pool = ThreadPoolExecutor(
            most, thread_name_prefix=name, initializer=_give_way, initargs=(niceness,)
        )

    async def run(self, work: Callable[[], Result]) -> Result:
        """Call `work` in a thread, and return its result. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """End the threads without waiting for running calls. Work that waits is canceled."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _give_way(niceness: int) -> None:
    if niceness:
        me = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + niceness)
