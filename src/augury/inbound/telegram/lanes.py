"""Handling what was received: a chat's updates in order, chats side by side, nothing lost to what is away."""

import asyncio
import logging
import random
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from aiogram.exceptions import (
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)

from augury.application.ports import Unavailable
from augury.application.telegram_ports import Inbox, ReceivedUpdate

AT_ONCE = 64
"""Updates that are handled side by side."""
MOST_TRIES = 3
"""How often an update is tried that fails for no reason that passes; one that was paid is never given up."""
FIRST_PAUSE, LAST_PAUSE = 0.5, 30.0
log = logging.getLogger(__name__)


class Lanes:
    def __init__(
        self,
        handle: Callable[[ReceivedUpdate], Awaitable[None]],
        inbox: Inbox,
        *,
        give_up: Callable[[ReceivedUpdate], Awaitable[None]],
    ) -> None:
        """`give_up` is told of an update that cannot be handled, before it is passed over."""
        self._handle = handle
        self._give_up = give_up
        self._inbox = inbox
        self._lanes: dict[int, deque[ReceivedUpdate]] = defaultdict(deque)
        self._drivers: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._stopping = asyncio.Event()

    def take(self, updates: Sequence[ReceivedUpdate]) -> None:
        """Handle these as soon as what came before them in their lanes is done."""
        for update in updates:
            self._lanes[update.lane].append(update)
            if update.lane not in self._drivers and not self._stopping.is_set():
                self._drivers[update.lane] = asyncio.create_task(self._drive(update.lane))

    async def stop(self, grace: float) -> None:
        """Finish what is under way within the grace; the rest is in the inbox, for the next start."""
        self._stopping.set()
        drivers = list(self._drivers.values())
        if drivers:
            await asyncio.wait(drivers, timeout=grace)
        for driver in drivers:
            driver.cancel()
        await asyncio.gather(*drivers, return_exceptions=True)

    async def _drive(self, lane: int) -> None:
        waiting = self._lanes[lane]
        try:
            while waiting and not self._stopping.is_set():
                await self._see_through(waiting[0])
                waiting.popleft()
        finally:
            del self._drivers[lane]
            if not waiting:
                del self._lanes[lane]

    async def _see_through(self, update: ReceivedUpdate) -> None:
        """Handle it and note that; returns early only when the bot stops."""
        pause, tries, nobody_left = FIRST_PAUSE, 0, False
        while not self._stopping.is_set():
            wait = pause * random.uniform(0.5, 1)
            try:
                async with self._room:
                    if not nobody_left:
                        await (self._handle if tries < MOST_TRIES or is_payment(update) else self._give_up)(
                            update
                        )
                    await self._inbox.done(update.id)
            except TelegramRetryAfter as error:
                wait = error.retry_after + random.uniform(0, 0.3)
            except (Unavailable, TelegramNetworkError, TelegramServerError) as error:
                log.warning("update %d waits: %s", update.id, error)
            except TelegramForbiddenError as error:
                log.info("update %d has nobody left to answer: %s", update.id, error)
                nobody_left = True  # what it asked for was done before anything was said
            except Exception:
                tries += 1
                log.exception("update %d could not be handled, try %d", update.id, tries)
            else:
                return
            await self._sleep(wait)
            pause = min(2 * pause, LAST_PAUSE)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def is_payment(update: ReceivedUpdate) -> bool:
    payload = bytes(update.payload)
    return b'"successful_payment"' in payload or b'"refunded_payment"' in payload
