"""Messages and buttons that no other handler takes, and people who block or unblock the bot."""

from aiogram import Router
from aiogram.enums import ChatMemberStatus
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message

from augury.inbound.telegram.desk import Desk
from augury.inbound.telegram.talk import Talk


def rest_router() -> Router:
    router = Router(name="rest")
    router.my_chat_member()(came_or_went)
    router.message()(not_understood)
    router.callback_query()(unknown_button)
    return router


async def came_or_went(event: ChatMemberUpdated, desk: Desk) -> None:
    await desk.chats.leave(event.chat.id, gone=event.new_chat_member.status == ChatMemberStatus.KICKED)


async def not_understood(message: Message, talk: Talk) -> None:
    is_command = (message.text or "").startswith("/")
    await talk.send(talk.say("unknown" if is_command else "not-understood"))


async def unknown_button(_: CallbackQuery, talk: Talk) -> None:
    await talk.send(talk.say("stale"))
