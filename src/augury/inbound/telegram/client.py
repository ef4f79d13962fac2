"""The bot's way to Telegram: one client that waits as long as it is told to and tries again."""

import asyncio
import logging
import random
from typing import TypeVar

from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramEntityTooLarge,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import Response, TelegramMethod

from augury.inbound.telegram.receiving import GetRawUpdates
from augury.inbound.telegram.settings import TelegramSettings

Type = TypeVar("Type")
MOST_WAITING = 60.0
"""Seconds that one call may spend waiting in all; then whoever called decides."""
FIRST_PAUSE, LAST_PAUSE = 0.5, 8.0
log = logging.getLogger(__name__)


def create_bot(settings: TelegramSettings) -> Bot:
    session = AiohttpSession(
        api=TelegramAPIServer.from_base(settings.api_url.rstrip("/")),
        timeout=settings.request_timeout.total_seconds(),
    )
    session.middleware(Patience())
    return Bot(
        settings.token,
        session=session,
        default=DefaultBotProperties(parse_mode=ParseMode.HTML, link_preview_is_disabled=True),
    )


class Patience(BaseRequestMiddleware):
    """Honours `retry_after`, and tries again what met a broken connection or a 5xx.

    A message may so be sent twice where Telegram's yes was lost; it is never lost itself.
    """

    async def __call__(
        self, make_request: NextRequestMiddlewareType[Type], bot: Bot, method: TelegramMethod[Type]
    ) -> Response[Type]:
        waited, pause = 0.0, FIRST_PAUSE
        while True:
            try:
                return await make_request(bot, method)
            except TelegramRetryAfter as error:
                trouble: AiogramError = error
                wait = error.retry_after + random.uniform(0, 0.3)
            except TelegramEntityTooLarge:  # it is a network error by name only
                raise
            except (TelegramServerError, TelegramNetworkError, ClientDecodeError) as error:
                trouble = _named(error, method)
                if isinstance(method, GetRawUpdates):  # whoever polls has a rhythm of its own
                    raise trouble from None
                wait = pause * random.uniform(0.5, 1)
                pause = min(2 * pause, LAST_PAUSE)
            waited += wait
            if waited > MOST_WAITING:
                raise trouble
            log.info("%s waits %.1f s: %s", type(method).__name__, wait, trouble)
            await asyncio.sleep(wait)


def _named(error: AiogramError, method: TelegramMethod[Type]) -> AiogramError:
    """A page in place of JSON comes from a server before Telegram, and passes; raises what does not."""
    if not isinstance(error, ClientDecodeError):
        return error
    if not isinstance(error.data, str):  # JSON that is not understood: what was asked for is done
        raise error
    return TelegramServerError(method, "the answer is no JSON")
