"""Tasks that run beside the main one and end with it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

from augury.concurrency.waits import end

log = logging.getLogger(__name__)


@asynccontextmanager
async def background(*work: Coroutine[object, object, object]) -> AsyncIterator[None]:
    """Run these until the block is left. An error that ends one of them is logged."""
    tasks = [asyncio.create_task(each) for each in work]
    for task in tasks:
        task.add_done_callback(_report)
    try:
        yield
    finally:
        await end(tasks)


def _report(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("a background task ended", exc_info=error)
