"""The bot: receives updates, handles them, delivers results, and registers its commands with Telegram."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.types import BotCommand

from augury.application.chats.ports.links import Links
from augury.application.chats.ports.updates import Duty, Inbox
from augury.application.ports import Unavailable
from augury.concurrency.pauses import Pauses
from augury.concurrency.waits import end
from augury.inbound.telegram.desk import Desk
from augury.inbound.telegram.handling import UpdateHandling
from augury.inbound.telegram.lanes import Lanes
from augury.inbound.telegram.polling import poll
from augury.inbound.telegram.receiving import WANTED
from augury.inbound.telegram.texts import DEFAULT, LANGUAGES, speech
from augury.inbound.telegram.turns import serve_in_turn
from augury.inbound.telegram.webhook import can_listen, webhook
from augury.inbound.telegram.webhook_news import WebhookNews

COMMANDS = (
    *("start", "predict", "balance", "history", "models", "topup", "redeem", "language", "help"),
    *("paysupport", "privacy", "unlink", "delete", "cancel"),
)
STOPPING = 5.0
"""Seconds that updates and deliveries under way get at a stop. The rest is done after the next start."""
LOOK_AGAIN_EVERY = 60.0
"""Seconds between two reads of the inbox for updates that another process stored after its turn."""
FIRST_PAUSE, LAST_PAUSE = 0.5, 30.0
log = logging.getLogger(__name__)


class TelegramBot:
    def __init__(
        self, bot: Bot, desk: Desk, inbox: Inbox, links: Links, duty: Duty, news: WebhookNews
    ) -> None:
        self._bot = bot
        self._desk = desk
        self._inbox = inbox
        self._links = links
        self._duty = duty
        self._news = news
        self._handling = UpdateHandling(bot, desk)
        self._turns: list[asyncio.Task[None]] = []
        self._work: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def running(self, stopping: float = STOPPING) -> AsyncIterator[None]:
        """Serve, or wait for this process's turn, while the block runs. Work under way at its end gets
        `stopping` seconds.

        Raises `OSError` if the webhook's port is taken.
        """
        settings = self._desk.settings
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._bot.session.close)
            stack.push_async_callback(self._desk.flight.stop)
            stack.callback(self._desk.file_intake.close)
            if settings.webhook_url:
                await can_listen(settings)  # fail at the start, not at this process's turn
            self._turns = _begun(serve_in_turn(self._duty, partial(self._serving, stopping)))
            stack.push_async_callback(end, self._turns)
            yield

    def alive(self) -> bool:
        """Whether the process receives and delivers, tries to, or waits for its turn."""
        return not any(task.done() for task in (*self._turns, *self._work))

    @asynccontextmanager
    async def _serving(self, stopping: float) -> AsyncIterator[None]:
        lanes = Lanes(
            self._handling.handle,
            self._inbox,
            give_up=self._handling.give_up,
            files_at_once=self._desk.settings.files_at_once,
        )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._finish, lanes, stopping)
            left = await self._inbox.waiting()
            if left:
                log.info("%d updates are left from an earlier process", len(left))
            lanes.take(left)
            if self._desk.settings.webhook_url:
                await stack.enter_async_context(webhook(self._desk.settings, self._inbox, lanes))
            self._work = _begun(
                self._receive(lanes),
                self._look_again(lanes),
                self._desk.deliverer.run(),
                self._desk.batch_deliverer.run(),
                self._news.run(),
            )
            stack.push_async_callback(end, [*self._work, *_begun(self._introduce())])
            stack.callback(self._work.clear)
            yield

    async def _finish(self, lanes: Lanes, stopping: float) -> None:
        """Stop everything at the same time: while Telegram does not answer, each part takes all its
        seconds."""
        desk = self._desk
        await asyncio.gather(
            lanes.stop(stopping), desk.deliverer.stop(stopping), desk.batch_deliverer.stop(stopping)
        )

    async def _receive(self, lanes: Lanes) -> None:
        settings = self._desk.settings
        if settings.webhook_url:
            await _until_done(self._set_webhook)
            await asyncio.Event().wait()
        await _until_done(self._bot.delete_webhook)
        await poll(
            self._bot, self._inbox, lanes, waiting=settings.poll_timeout, answering=settings.request_timeout
        )

    async def _look_again(self, lanes: Lanes) -> None:
        """Take updates that another process stored. A process that has lost its turn receives updates until
        it notices."""
        while True:
            await asyncio.sleep(LOOK_AGAIN_EVERY)
            try:
                lanes.take(await self._inbox.waiting())
            except Unavailable as error:
                log.warning("could not read the updates that another process left: %s", error)

    async def _set_webhook(self) -> None:
        settings = self._desk.settings
        await self._bot.set_webhook(
            settings.webhook_url,
            secret_token=settings.secret,
            allowed_updates=WANTED,
            max_connections=1,  # keeps a person's updates in order; storing one is fast
        )

    async def _introduce(self) -> None:
        """Store the bot's name for the links to it, and register its commands with Telegram."""

        async def introduced() -> None:
            me = await self._bot.get_me()
            await self._links.saw_bot(me.username or "")
            log.info("the bot is @%s", me.username)
            for language in LANGUAGES:
                say = speech(language)
                commands = [
                    BotCommand(command=name, description=say.plain(f"command-{name}")) for name in COMMANDS
                ]
                await self._bot.set_my_commands(
                    commands, language_code=None if language == DEFAULT else language
                )

        await _until_done(introduced)


async def _until_done(step: Callable[[], Awaitable[object]]) -> None:
    """Repeat the step until it succeeds, while Telegram or the database is away."""
    pauses = Pauses(FIRST_PAUSE, LAST_PAUSE)
    while True:
        try:
            await step()
        except (AiogramError, Unavailable) as error:
            log.warning("trying again: %s", error)
            await asyncio.sleep(pauses.next())
        else:
            return


def _begun(*work: Coroutine[object, object, None]) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(each) for each in work]
    for task in tasks:
        task.add_done_callback(_report)
    return tasks


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("a task of the bot failed", exc_info=error)
