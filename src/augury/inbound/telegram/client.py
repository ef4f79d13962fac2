"""The client for the Bot API, which waits as long as Telegram asks it to and tries again."""

import asyncio
import logging
import math
import random
from collections.abc import Awaitable
from contextvars import ContextVar
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

from augury.concurrency.pauses import Pauses
from augury.inbound.telegram.receiving import GetRawUpdates
from augury.inbound.telegram.settings import TelegramSettings

Type = TypeVar("Type")
MOST_WAITING = 60.0
"""Seconds that one call may spend waiting in total. Then the error is raised to the caller."""
LONG = 5.0
"""Seconds. A longer wait, for which Telegram asks, ends a call within `without_long_waits`."""
FIRST_PAUSE, LAST_PAUSE = 0.5, 8.0
_most_asked: ContextVar[float] = ContextVar("most_asked", default=math.inf)
log = logging.getLogger(__name__)


async def without_long_waits(work: Awaitable[None]) -> None:
    """Do work that takes one of few places, and can be tried again later: it must not keep its place while
    Telegram lets its chat wait. Such a call raises `TelegramRetryAfter` at once. To be awaited in a task of
    its own."""
    _most_asked.set(LONG)
    await work


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
    """Honours `retry_after`, and repeats a call after a broken connection or a 5xx.

    A message is therefore never lost, but is sent twice if Telegram's response to it was lost.
    """

    async def __call__(
        self, make_request: NextRequestMiddlewareType[Type], bot: Bot, method: TelegramMethod[Type]
    ) -> Response[Type]:
        waited, pauses = 0.0, Pauses(FIRST_PAUSE, LAST_PAUSE)
        while True:
            try:
                return await make_request(bot, method)
            except TelegramRetryAfter as error:
                if error.retry_after > _most_asked.get():
                    raise
                trouble: AiogramError = error
                wait = error.retry_after + random.uniform(0, 0.3)
            except TelegramEntityTooLarge:  # a subclass of a network error, but permanent
                raise
            except (TelegramServerError, TelegramNetworkError, ClientDecodeError) as error:
                trouble = _named(error, method)
                if isinstance(method, GetRawUpdates):  # polling has its own pauses
                    raise trouble from None
                wait = pauses.next()
            waited += wait
            if waited > MOST_WAITING:
                raise trouble
            log.info("%s waits %.1f s: %s", type(method).__name__, wait, trouble)
            await asyncio.sleep(wait)


def _named(error: AiogramError, method: TelegramMethod[Type]) -> AiogramError:
    """A response that is not JSON comes from a proxy in front of Telegram, so the error is temporary. Other
    decoding errors are permanent and are raised."""
    if not isinstance(error, ClientDecodeError):
        return error
    if not isinstance(error.data, str):  # unexpected JSON: Telegram has carried out the request
        raise error
    return TelegramServerError(method, "the response is not JSON")
