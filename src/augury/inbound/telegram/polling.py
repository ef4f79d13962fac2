"""Long polling: requests updates, stores them, and acknowledges them only then, with the next request."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

from aiogram import Bot
from aiogram.exceptions import AiogramError

from augury.application.chats.ports.updates import Inbox
from augury.application.ports import Unavailable
from augury.concurrency.pauses import Pauses
from augury.inbound.telegram.lanes import Lanes
from augury.inbound.telegram.receiving import WANTED, GetRawUpdates, all_received, stored

AT_ONCE = 100
FIRST_PAUSE, LAST_PAUSE = 0.5, 15.0
log = logging.getLogger(__name__)


async def poll(bot: Bot, inbox: Inbox, lanes: Lanes, *, waiting: timedelta, answering: timedelta) -> None:
    """Poll until canceled. `waiting` is how long Telegram may wait for an update, `answering` how much longer
    its response may take."""
    offset: int | None = None
    pauses, trouble = Pauses(FIRST_PAUSE, LAST_PAUSE), False
    while True:
        try:
            updates: list[dict[str, Any]] = await bot(
                GetRawUpdates(
                    offset=offset,
                    limit=AT_ONCE,
                    timeout=int(waiting.total_seconds()),
                    allowed_updates=WANTED,
                ),
                request_timeout=int((waiting + answering).total_seconds()),
            )
            if updates:
                arrived = all_received(updates)
                lanes.take(await stored(arrived, inbox))
                offset = max(update.id for update in arrived) + 1
            else:
                # Everything is acknowledged. After a week without updates Telegram restarts its ids, perhaps
                # below this offset, which would skip them.
                offset = None
        except (AiogramError, Unavailable, ValueError) as error:
            if not trouble:
                log.warning("could not receive updates, trying again: %s", error)
            trouble = True
            await asyncio.sleep(pauses.next())
        else:
            if trouble:
                log.info("updates are received again")
            pauses.reset()
            trouble = False
