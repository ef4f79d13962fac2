"""One update's conversation: the chat it came from, in its language, with everything that a handler needs."""

from dataclasses import dataclass

from aiogram import Bot
from aiogram.types import InlineKeyboardMarkup, Message, ReplyKeyboardMarkup, ReplyParameters

from augury.application.chats.ports import Chat
from augury.inbound.telegram.desk import Desk
from augury.inbound.telegram.dialogue import Dialogue, stored
from augury.inbound.telegram.texts import Speech


@dataclass(frozen=True, slots=True)
class Talk:
    bot: Bot
    chat: Chat
    say: Speech
    desk: Desk
    dialogue: Dialogue | None

    async def send(
        self,
        words: str,
        keyboard: InlineKeyboardMarkup | ReplyKeyboardMarkup | None = None,
        *,
        to: int | None = None,
    ) -> Message:
        """A new message, as an answer `to` one of the person's where that is named."""
        answers = ReplyParameters(message_id=to, allow_sending_without_reply=True) if to else None
        return await self.bot.send_message(
            self.chat.id, words, reply_markup=keyboard, reply_parameters=answers
        )

    async def change(self, message_id: int, words: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        await self.bot.edit_message_text(
            words, chat_id=self.chat.id, message_id=message_id, reply_markup=keyboard
        )

    async def remember(self, dialogue: Dialogue) -> None:
        await self.desk.dialogues.put(self.chat.id, stored(dialogue))

    def was_applied(self, message_id: int) -> bool:
        """Whether this message was an answer that is stored already: it is being handled again."""
        return self.dialogue is not None and message_id <= self.dialogue.seen
