"""`augury bot`: the Telegram bot, with the same books and the same queue as the API."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from asyncpg import Pool
from dishka import AsyncContainer
from prometheus_client import CollectorRegistry

from augury.application.limits import Limits
from augury.application.operation.keep_figures import KeepFigures
from augury.application.operation.ports import ProcessRole
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.places import Places
from augury.bootstrap.config import OperatorError, ProcessSettings, SettingError, read
from augury.bootstrap.container import bot_container
from augury.bootstrap.health import health_page
from augury.bootstrap.signals import stop_requested
from augury.bootstrap.topology import EVENTS, FINISHED
from augury.concurrency.background import background
from augury.inbound.events import EventListener
from augury.inbound.telegram import lazy_types  # noqa: F401  # before aiogram
from augury.inbound.telegram.bot import STOPPING, TelegramBot
from augury.inbound.telegram.deliverer import Deliverer
from augury.inbound.telegram.settings import TelegramSettings
from augury.outbound.postgres.schema_version import check_schema
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.rabbitmq.publisher import RabbitSettings

LEAST_CONNECTIONS = 2
"""One connection holds the lock of the serving bot; the others do the work."""
log = logging.getLogger(__name__)


async def run_bot(process: ProcessSettings) -> None:
    """Serve until a signal. Without a token it only logs that once and waits.

    Raises `SettingError`, `Unavailable`, `SchemaMismatch` at start-up.
    """
    stop = stop_requested()
    telegram = read(TelegramSettings)
    async with AsyncExitStack() as stack:
        if telegram.token:
            alive, counted = await stack.enter_async_context(_serving(process, telegram))
        else:
            log.warning("AUGURY_TELEGRAM_TOKEN is not set: the bot is off")
            alive, counted = _always_alive, None
        await stack.enter_async_context(health_page(process, alive, counted))
        await stop.wait()


@asynccontextmanager
async def _serving(
    process: ProcessSettings,
    telegram: TelegramSettings,
) -> AsyncIterator[tuple[Callable[[], bool], CollectorRegistry | None]]:
    """Run the bot. Yields a function that tells whether it is alive, and the bot's metrics."""
    rabbit = read(RabbitSettings)
    container = bot_container(process, telegram, read(PostgresSettings), rabbit, read(Limits))
    try:
        await check_schema(await container.get(Pool))
        backlog, deliverer = await container.get(Backlog), await container.get(Deliverer)
        figures, places = await container.get(KeepFigures), await container.get(Places)
        async with (
            background(backlog.watch(), places.watch(), figures.run(ProcessRole.BOT)),
            EventListener(rabbit.urls, deliverer.tell, exchange=EVENTS, routing_key=FINISHED),
            running(container) as bot,
        ):
            yield bot.alive, await container.get(CollectorRegistry)
    finally:
        await container.close()


@asynccontextmanager
async def running(container: AsyncContainer, stopping: float = STOPPING) -> AsyncIterator[TelegramBot]:
    """Run the container's bot while the block runs. Raises `OperatorError` if it cannot be started."""
    if (await container.get(Pool)).get_max_size() < LEAST_CONNECTIONS:
        raise SettingError(f"AUGURY_DATABASE_POOL_SIZE must be at least {LEAST_CONNECTIONS} for the bot")
    bot, settings = await container.get(TelegramBot), await container.get(TelegramSettings)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(bot.running(stopping))
        except OSError as error:
            raise OperatorError(
                f"cannot listen on {settings.webhook_host}, port {settings.webhook_port}: {error.strerror}"
            ) from error
        yield bot


def _always_alive() -> bool:
    return True
