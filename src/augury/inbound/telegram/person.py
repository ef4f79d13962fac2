"""Middleware that gives each message and button its chat, language and dialogue."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware, Bot
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import CallbackQuery, Message, TelegramObject, Update

from augury.application.chats.ports.chats import Chat
from augury.domain.errors import DomainError
from augury.domain.user import AccountBlocked
from augury.inbound.telegram.desk import Desk
from augury.inbound.telegram.dialogue import Asking, restored
from augury.inbound.telegram.flood import FloodGate
from augury.inbound.telegram.submitting import resumed
from augury.inbound.telegram.talk import Talk
from augury.inbound.telegram.texts import language_of, speech
from augury.inbound.telegram.topics import thread_of

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


class Person(BaseMiddleware):
    """Registers new people, limits messages per minute, and answers refusals in words.

    Groups and channels are ignored: a balance belongs to one person. A payment made there is credited to the
    person who paid, who is told in private.
    """

    def __init__(self, desk: Desk, gate: FloodGate) -> None:
        self._desk = desk
        self._gate = gate

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:  # noqa: ANN401  # aiogram's
        if not isinstance(event, (Message, CallbackQuery)) or _is_passed_over(event):
            return None
        if event.from_user is None:  # it is a payment, which stays in the inbox
            raise ValueError("a payment does not say who has paid")
        chat = await self._chat(event.from_user.id, event.from_user.language_code)
        bot: Bot = data["bot"]
        say = speech(chat.language)
        talk = Talk(bot, chat, say, self._desk, restored(chat.dialogue), thread_of(event))
        if not is_about_money(event) and await self._is_flood(talk, event, data):
            return None
        data["talk"] = talk
        try:
            if chat.blocked and not is_open_to_all(event):
                raise AccountBlocked
            return await handler(event, data)
        except DomainError as refusal:
            if is_about_money(event):  # a payment is never refused: it stays for the operator to look at
                raise
            if await _was_accepted(event, talk):
                return None
            await talk.send(say.refusal(refusal))
        finally:
            if isinstance(event, CallbackQuery):
                await acknowledged(event)

    async def _chat(self, chat_id: int, language_code: str | None) -> Chat:
        chat = await self._desk.register_chat(chat_id=chat_id, language=language_of(language_code))
        if chat.gone:
            await self._desk.chats.leave(chat_id, gone=False)
        return chat

    async def _is_flood(self, talk: Talk, event: Message | CallbackQuery, data: dict[str, Any]) -> bool:
        update: Update = data["event_update"]
        at = event.date.timestamp() if isinstance(event, Message) else time.time()  # a button has no date
        seconds, tell = self._gate.wait(talk.chat.id, update.update_id, at)
        if tell:
            await talk.send(talk.say("slow-down", seconds=seconds))
        return seconds > 0


async def _was_accepted(event: Message | CallbackQuery, talk: Talk) -> bool:
    """Whether the refused request was accepted before: the bot then stopped, and the model or its price
    changed meanwhile. Its result is delivered instead of the refusal."""
    if isinstance(event, Message) and await resumed(talk, event.message_id):
        return True
    return isinstance(talk.dialogue, Asking) and await resumed(talk, talk.dialogue.began)


def _is_passed_over(event: Message | CallbackQuery) -> bool:
    if is_about_money(event):
        return False
    is_private = not isinstance(event, Message) or event.chat.type == ChatType.PRIVATE
    return event.from_user is None or not is_private


def is_about_money(event: TelegramObject) -> bool:
    return isinstance(event, Message) and bool(event.successful_payment or event.refunded_payment)


def is_open_to_all(event: TelegramObject) -> bool:
    """Whether this is open to a blocked person: notices of payments and refunds, and `/paysupport`, whatever
    is written behind it."""
    if is_about_money(event):
        return True
    words = (event.text or "").split() if isinstance(event, Message) else []
    return bool(words) and words[0].partition("@")[0] == "/paysupport"


async def acknowledged(query: CallbackQuery) -> None:
    """Stop the button's progress indicator. Telegram refuses that after a while, which is ignored."""
    try:
        await query.answer()
    except TelegramBadRequest:
        return
