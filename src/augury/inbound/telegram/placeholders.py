"""The bot's message that a result replaces."""

import logging

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramNotFound
from aiogram.types import InlineKeyboardMarkup

from augury.application.chats.ports.results import BatchReply, Reply
from augury.inbound.telegram.topics import answering, in_topic

log = logging.getLogger(__name__)


async def become(
    bot: Bot, reply: Reply | BatchReply, words: str, buttons: InlineKeyboardMarkup | None = None
) -> None:
    """Replace the placeholder with these words. If Telegram refuses that, send them as a new message, unless
    the chat no longer exists."""
    try:
        await bot.edit_message_text(
            words, chat_id=reply.chat_id, message_id=reply.placeholder_id, reply_markup=buttons
        )
    except (TelegramBadRequest, TelegramNotFound) as error:
        if "not modified" in error.message:
            return  # an earlier attempt changed it, but the bot stopped before storing that
        if "chat not found" in error.message:
            raise
        log.info("a result is sent as a new message, its own cannot be changed: %s", error)
        await in_topic(
            reply.thread_id,
            lambda thread_id: bot.send_message(
                reply.chat_id,
                words,
                message_thread_id=thread_id,
                reply_markup=buttons,
                reply_parameters=answering(reply.message_id),
            ),
        )
