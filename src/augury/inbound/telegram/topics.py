"""Topics of a chat: an answer goes to the topic in which the person wrote, if it still exists."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiogram.enums import ChatType
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import CallbackQuery, Message, ReplyParameters, TelegramObject

Sent = TypeVar("Sent")
_GONE = ("thread not found", "topic_deleted", "topic_closed", "thread_id_invalid")


def thread_of(event: TelegramObject) -> int | None:
    """The topic of a message, or of the message under which a button was pressed; None outside of topics."""
    message = event.message if isinstance(event, CallbackQuery) else event
    if not isinstance(message, Message) or message.chat.type != ChatType.PRIVATE:
        return None  # only payments are taken from groups, and they are answered in private
    return message.message_thread_id if message.is_topic_message else None


async def in_topic(thread_id: int | None, send: Callable[[int | None], Awaitable[Sent]]) -> Sent:
    """Send to the topic, or outside of it if the person has deleted or closed it."""
    try:
        return await send(thread_id)
    except TelegramBadRequest as error:
        if thread_id is None or not any(each in error.message.lower() for each in _GONE):
            raise
        return await send(None)


def answering(message_id: int) -> ReplyParameters:
    return ReplyParameters(message_id=message_id, allow_sending_without_reply=True)
