"""Cancellation across libraries that do not handle it well.

A client library may cancel its own tasks when a connection breaks, and let `CancelledError` escape to the
caller, which would then end as if it had been canceled. It may also ignore its own cancellation.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

CANCEL_EVERY = 0.1
"""Seconds between two cancellations of a task that does not end."""
Result = TypeVar("Result")


def was_canceled() -> bool:
    """Whether the current task itself was canceled; otherwise a `CancelledError` comes from a library."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def within(seconds: float, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`, within this many seconds.

    Raises `TimeoutError` when time is up, even if `work` ignores its cancellation, and
    `ConnectionAbortedError` if something else canceled `work`.
    """
    task = asyncio.create_task(work)
    task.add_done_callback(_heard)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        _give_up(task)
    if not task.done():
        raise TimeoutError(f"no answer in {seconds:g} s")
    if task.cancelled():
        raise ConnectionAbortedError("the connection broke")
    return task.result()


def _give_up(task: asyncio.Task[Any]) -> None:
    """Cancel the task repeatedly: one that swallows a cancellation would keep the event loop from ending."""
    if not task.done():
        task.cancel()
        task.get_loop().call_later(CANCEL_EVERY, _give_up, task)


def _heard(task: asyncio.Task[Any]) -> None:
    """Retrieve the exception so that asyncio does not warn: nobody waits for this task any more."""
    if not task.cancelled():
        task.exception()
