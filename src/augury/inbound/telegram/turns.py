"""Lets only one process at a time serve as the bot: two would take each other's updates, and those of a chat
would be handled out of order. The other processes stay healthy and wait to take over."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from augury.application.chats.ports.updates import Duty
from augury.application.ports import Unavailable

LOOK_EVERY = 1.0
"""Seconds between two checks of whose turn it is."""
log = logging.getLogger(__name__)


async def serve_in_turn(duty: Duty, serving: Callable[[], AbstractAsyncContextManager[None]]) -> None:
    """Until canceled, hold the context `serving` open whenever it is this process's turn."""
    while True:
        await _turn(duty)
        try:
            async with serving():
                while await duty.holds():  # noqa: ASYNC110  # PostgreSQL has no event for that
                    await asyncio.sleep(LOOK_EVERY)
            log.warning("this process is no longer the bot")
        except (OSError, Unavailable) as error:  # the webhook's port is taken, or PostgreSQL is away
            log.warning("the bot could not start, trying again: %s", error)
            await asyncio.sleep(LOOK_EVERY)
        finally:
            await duty.leave()


async def _turn(duty: Duty) -> None:
    """Wait for this process's turn. Each new reason to wait is logged once."""
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
