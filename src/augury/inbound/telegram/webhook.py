"""The webhook: stores every update before it is acknowledged to Telegram."""

import asyncio
import hmac
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from augury.application.chats.ports.updates import Inbox
from augury.application.ports import Unavailable
from augury.inbound.telegram.lanes import Lanes
from augury.inbound.telegram.receiving import received, stored
from augury.inbound.telegram.settings import TelegramSettings

HEADER = "X-Telegram-Bot-Api-Secret-Token"
MOST_BYTES = 1_000_000
STOPPING = 1.0
"""Seconds that requests under way get at a stop. Telegram delivers again whatever was not stored."""
log = logging.getLogger(__name__)


async def can_listen(settings: TelegramSettings) -> None:
    """Raises `OSError` if the webhook's port is taken."""
    loop = asyncio.get_running_loop()
    (await loop.create_server(asyncio.Protocol, settings.webhook_host, settings.webhook_port)).close()


@asynccontextmanager
async def webhook(settings: TelegramSettings, inbox: Inbox, lanes: Lanes) -> AsyncIterator[None]:
    """Listen while the context is open. Raises `OSError` if the port is taken."""

    async def deliver(request: web.Request) -> web.Response:
        said = request.headers.get(HEADER, "").encode("utf-8", "surrogateescape")  # may be any bytes
        if not hmac.compare_digest(said, settings.secret.encode()):
            return web.Response(status=401)
        try:
            update = received(json.loads(await request.read()))
        except (ValueError, AttributeError, RecursionError):
            return web.Response(status=400)
        try:
            waiting = await stored([update], inbox)
        except Unavailable as error:
            log.warning("an update could not be stored, Telegram will deliver it again: %s", error)
            return web.Response(status=503)
        lanes.take(waiting)
        return web.Response()

    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_post(settings.webhook_path, deliver)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOPPING)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.webhook_host, settings.webhook_port).start()
        yield
    finally:
        await runner.cleanup()
