"""`augury bot`: the Telegram bot, with the same books and the same queue as the API.

aiogram takes seconds to load. So it is loaded only after all settings were read, and never without a token.
"""

import logging
from contextlib import AsyncExitStack

from augury.application.limits import Limits
from augury.bootstrap.config import ProcessSettings, SettingError, read
from augury.bootstrap.health import health_page
from augury.bootstrap.signals import stop_requested
from augury.inbound.telegram.settings import TelegramSettings
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
            rabbit, postgres, limits = read(RabbitSettings), read(PostgresSettings), read(Limits)
            require_connections(postgres.pool_size)
            from augury.bootstrap.bot_serving import serving  # loads aiogram

            settings = process, telegram, postgres, rabbit, limits
            alive, counted = await stack.enter_async_context(serving(*settings))
        else:
            log.warning("AUGURY_TELEGRAM_TOKEN is not set: the bot is off")
            alive, counted = _always_alive, None
        await stack.enter_async_context(health_page(process, alive, counted))
        await stop.wait()


def require_connections(pool_size: int) -> None:
    """Raises `SettingError` if the bot needs more connections to the database."""
    if pool_size < LEAST_CONNECTIONS:
        raise SettingError(f"AUGURY_DATABASE_POOL_SIZE must be at least {LEAST_CONNECTIONS} for the bot")


def _always_alive() -> bool:
    return True
