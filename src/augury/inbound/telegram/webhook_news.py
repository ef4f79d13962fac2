"""Tells the owners of webhooks that the service has disabled one."""

import asyncio
import logging

from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramBadRequest, TelegramForbiddenError

from augury.application.ports import Unavailable
from augury.application.webhooks.ports import UntoldWebhook, Webhooks
from augury.domain.webhook import DisabledWhy
from augury.inbound.telegram.texts import speech

LOOK_EVERY = 60.0
"""Seconds between two searches for disabled webhooks."""
AT_ONCE = 20
log = logging.getLogger(__name__)


class WebhookNews:
    def __init__(self, bot: Bot, webhooks: Webhooks) -> None:
        self._bot = bot
        self._webhooks = webhooks

    async def run(self) -> None:
        """Search and send messages until canceled."""
        while True:
            try:
                for each in await self._webhooks.untold(AT_ONCE):
                    await self._tell(each)
            except (AiogramError, Unavailable) as error:
                log.warning("owners of webhooks get their messages later: %s", error)
            await asyncio.sleep(LOOK_EVERY)

    async def _tell(self, untold: UntoldWebhook) -> None:
        hook, say = untold.webhook, speech(untold.language)
        why = "webhook-gone" if hook.disabled_why is DisabledWhy.GONE else "webhook-failing"
        try:
            await self._bot.send_message(untold.chat_id, say(why, url=hook.url, id=str(hook.id)))
        except (TelegramForbiddenError, TelegramBadRequest) as error:
            log.info("chat %d cannot get a message about a webhook: %s", untold.chat_id, error)
        await self._webhooks.told(hook.id)
