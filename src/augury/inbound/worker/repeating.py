"""Repeats work in a worker, at the same time as its predictions."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from augury.application.ports import Unavailable

log = logging.getLogger(__name__)


async def repeated(work: Callable[[], Awaitable[None]], seconds: float, what: str) -> None:
    """Call `work` repeatedly, with pauses of up to `seconds`. `what` is its name in the log."""
    while True:
        await asyncio.sleep(seconds * random.uniform(0.5, 1))  # spreads workers that started together
        try:
            await work()
        except Unavailable as error:
            log.warning("%s will try again later: %s", what, error)
        except Exception:  # one failure must not end the loop
            log.exception("%s failed", what)
