"""One process at a time is the bot: two that ask for updates take them from each other, and a chat's would be
handled in no order. The others wait, healthy, to take over."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from augury.application.chats.ports import Duty
from augury.application.ports import Unavailable

LOOK_EVERY = 1.0
"""Seconds between two looks at whose turn it is."""
log = logging.getLogger(__name__)


async def serve_in_turn(duty: Duty, serving: Callable[[], AbstractAsyncContextManager[None]]) -> None:
    """Until canceled: be `serving` whenever it is this process's turn, for as long as it is."""
    while True:
        await _turn(duty)
        try:
            async with serving():
                while await duty.holds():  # noqa: ASYNC110  # PostgreSQL has no event for that
                    await asyncio.sleep(LOOK_EVERY)
            log.warning("this process is the bot no longer")
        except (OSError, Unavailable) as error:  # the webhook's port is taken, or the books are away
            log.warning("the bot could not begin, trying again: %s", error)
            await asyncio.sleep(LOOK_EVERY)
        finally:
            await duty.leave()


async def _turn(duty: Duty) -> None:
    """Wait for it; each reason to wait is said once."""
    said = ""
    while True:
        try:
            if await duty.take():
                break
            why = "another process is the bot already"
        except Unavailable as error:
            why = str(error)
        if why != said:
            log.warning("this process waits for its turn to be the bot: %s", why)
            said = why
        await asyncio.sleep(LOOK_EVERY)
    if said:
        log.info("this process is the bot now")
