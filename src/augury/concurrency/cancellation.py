"""Cancellation where it cannot be trusted.

A client library that cancels its own tasks when a connection breaks lets `CancelledError` out: taken for the
end of whoever awaited it, it would end a loop for good. And it may not end when it is canceled itself.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

CANCEL_EVERY = 0.1
"""Seconds."""
Answer = TypeVar("Answer")


def was_canceled() -> bool:
    """Whether somebody wants the current task to end; else a `CancelledError` is not meant for it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def within(seconds: float, work: Coroutine[Any, Any, Answer]) -> Answer:
    """What `work` answers; `TimeoutError` when time is up, whether `work` heeds its cancellation or not.

    Raises `ConnectionAbortedError` where `work` was called off by somebody else.
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
    """Cancel it, again and again: what swallows one cancellation would keep the event loop from ending."""
    if not task.done():
        task.cancel()
        task.get_loop().call_later(CANCEL_EVERY, _give_up, task)


def _heard(task: asyncio.Task[Any]) -> None:
    """Nobody may be left to hear of the error: it is no news that what was given up has failed."""
    if not task.cancelled():
        task.exception()
