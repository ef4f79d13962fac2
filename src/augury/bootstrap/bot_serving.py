"""Runs the Telegram bot: in `augury bot`, and in `augury up`. Importing this loads aiogram."""

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
from augury.bootstrap.bot import require_connections
from augury.bootstrap.config import OperatorError, ProcessSettings
from augury.bootstrap.container import bot_container
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


@asynccontextmanager
async def serving(
    process: ProcessSettings,
    telegram: TelegramSettings,
    postgres: PostgresSettings,
    rabbit: RabbitSettings,
    limits: Limits,
) -> AsyncIterator[tuple[Callable[[], bool], CollectorRegistry]]:
    """Run the bot. Yields a function that tells whether it is alive, and the bot's metrics."""
    container = bot_container(process, telegram, postgres, rabbit, limits)
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
    require_connections((await container.get(Pool)).get_max_size())
    bot, settings = await container.get(TelegramBot), await container.get(TelegramSettings)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(bot.running(stopping))
        except OSError as error:
            raise OperatorError(
                f"cannot listen on {settings.webhook_host}, port {settings.webhook_port} "
                f"(AUGURY_TELEGRAM_WEBHOOK_PORT): {error.strerror}"
            ) from error
        yield bot
