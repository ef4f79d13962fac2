"""Handles received updates: in order within a chat, concurrently across chats, with retries."""

import asyncio
import json
import logging
import random
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress

from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)

from augury.application.chats.ports.updates import Inbox, ReceivedUpdate
from augury.application.ports import Unavailable
from augury.concurrency.pauses import Pauses
from augury.concurrency.waits import end, is_set_within

AT_ONCE = 64
"""Updates that are handled concurrently."""
MOST_TRIES = 3
"""Attempts before giving up on an update that fails permanently, or whose processes ended while they handled
it. An update about a payment is never given up."""
LAST_WORD = 1.0
"""Seconds at a stop to store that interrupted attempts do not count."""
FIRST_PAUSE, LAST_PAUSE = 0.5, 30.0
CONFIRMS_FILE = "csv:"
"""The prefix of the data of a button that confirms the price of a file."""
PAID = {"successful_payment", "refunded_payment"}
log = logging.getLogger(__name__)


class Lanes:
    def __init__(
        self,
        handle: Callable[[ReceivedUpdate], Awaitable[None]],
        inbox: Inbox,
        *,
        give_up: Callable[[ReceivedUpdate], Awaitable[None]],
        files_at_once: int = AT_ONCE,
    ) -> None:
        """`give_up` is called with an update that cannot be handled, before it is dropped."""
        self._handle = handle
        self._give_up = give_up
        self._inbox = inbox
        self._lanes: dict[int, deque[ReceivedUpdate]] = defaultdict(deque)
        self._drivers: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._room_for_files = asyncio.Semaphore(files_at_once)
        self._alone = asyncio.Semaphore(1)
        self._held: set[int] = set()
        self._begun: set[int] = set()
        self._stopping = asyncio.Event()

    def take(self, updates: Sequence[ReceivedUpdate]) -> None:
        """Handle these after the earlier updates of their lanes. Those that were taken before are ignored."""
        for update in updates:
            if update.id in self._held:
                continue
            self._held.add(update.id)
            self._put(update)
            if update.lane not in self._drivers and not self._stopping.is_set():
                self._drivers[update.lane] = asyncio.create_task(self._drive(update.lane))

    def _put(self, update: ReceivedUpdate) -> None:
        """Insert the update in the order of ids, but after the one that is being handled."""
        lane = self._lanes[update.lane]
        place = len(lane)
        while place > 1 and lane[place - 1].id > update.id:
            place -= 1
        lane.insert(place, update)

    async def stop(self, grace: float) -> None:
        """Finish updates under way within `grace` seconds. The rest stays in the inbox for the next start."""
        self._stopping.set()
        await end(list(self._drivers.values()), grace=grace)
        if self._begun:
            with suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(LAST_WORD):
                    await self._inbox.put_back(self._begun)

    async def _drive(self, lane: int) -> None:
        waiting = self._lanes[lane]
        try:
            while waiting and not self._stopping.is_set():
                await self._see_through(waiting[0])
                self._held.discard(waiting.popleft().id)
        finally:
            del self._drivers[lane]
            if not waiting:
                del self._lanes[lane]

    async def _see_through(self, update: ReceivedUpdate) -> None:
        """Handle the update and mark it as done. Returns before that only if the bot stops."""
        pauses, tries, nobody_left = Pauses(FIRST_PAUSE, LAST_PAUSE), update.tries or 0, False
        while not self._stopping.is_set():
            wait = pauses.next()
            try:
                async with self._place_for(update):
                    if not nobody_left and await self._begin(update):
                        await (self._handle if tries < MOST_TRIES or is_payment(update) else self._give_up)(
                            update
                        )
                    await self._inbox.done(update.id)
                    self._begun.discard(update.id)
            except TelegramRetryAfter as error:
                wait = error.retry_after + random.uniform(0, 0.3)
            except (Unavailable, TelegramNetworkError, TelegramServerError) as error:
                log.warning("update %d is tried again later: %s", update.id, error)
            except Exception as error:
                if is_nobody_left(error):
                    log.info("update %d cannot be answered, its chat is gone: %s", update.id, error)
                    nobody_left = True  # the request was done before the answer was sent
                    continue
                tries += 1
                log.exception("update %d could not be handled, attempt %d", update.id, tries)
            else:
                return
            await is_set_within(wait, self._stopping)

    def _place_for(self, update: ReceivedUpdate) -> AbstractAsyncContextManager[None]:
        """An update that may have crashed a process runs alone, so that no other is blamed for it.

        A file takes many times its size, so only a few are read at a time. The others wait without taking
        the place of an update that has no file.
        """
        if is_at_the_till(update):
            return nullcontext()
        if update.tries:
            return self._alone
        return self._room_for_files if is_about_file(update) else self._room

    async def _begin(self, update: ReceivedUpdate) -> bool:
        """Whether the update is still to be handled. An attempt is counted only for an update that an earlier
        process left behind, once per process, because the update may have crashed that process."""
        if update.tries is None or update.id in self._begun:
            return True
        is_waiting = await self._inbox.begin(update.id)
        if is_waiting:
            self._begun.add(update.id)
        return is_waiting


def is_at_the_till(update: ReceivedUpdate) -> bool:
    """Whether this is a pre-checkout query: Telegram waits only ten seconds, so it skips the semaphores."""
    return update.lane == -update.id


def is_payment(update: ReceivedUpdate) -> bool:
    message = json.loads(update.payload).get("message")
    return isinstance(message, dict) and not message.keys().isdisjoint(PAID)


def is_about_file(update: ReceivedUpdate) -> bool:
    """Whether a file is read to handle this: it was sent, or its price is confirmed."""
    match json.loads(update.payload):
        case {"message": {"document": _}}:
            return True
        case {"callback_query": {"data": str(data)}}:
            return data.startswith(CONFIRMS_FILE)
    return False


def is_nobody_left(error: Exception) -> bool:
    """Whether the person has blocked the bot, or the chat no longer exists."""
    if isinstance(error, TelegramBadRequest):
        return "chat not found" in error.message
    return isinstance(error, TelegramForbiddenError)
