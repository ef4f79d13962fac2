"""The context in which a handler answers an update: its chat, language, dialogue and dependencies."""

from dataclasses import dataclass

from aiogram import Bot
from aiogram.types import InlineKeyboardMarkup, Message, ReplyKeyboardMarkup
from msgspec.structs import replace

from augury.application.chats.ports.chats import Chat
from augury.inbound.telegram.desk import Desk
from augury.inbound.telegram.dialogue import Dialogue, Over, WaitingFile, stored
from augury.inbound.telegram.texts import Speech
from augury.inbound.telegram.topics import answering, in_topic


@dataclass(frozen=True, slots=True)
class Talk:
    bot: Bot
    chat: Chat
    say: Speech
    desk: Desk
    dialogue: Dialogue | None
    thread_id: int | None = None
    """The chat's topic in which the person wrote. Answers go to the same topic."""

    async def send(
        self,
        words: str,
        keyboard: InlineKeyboardMarkup | ReplyKeyboardMarkup | None = None,
        *,
        to: int | None = None,
    ) -> Message:
        """Send a new message, as a reply `to` the person's message if one is given."""
        return await in_topic(
            self.thread_id,
            lambda thread_id: self.bot.send_message(
                self.chat.id,
                words,
                message_thread_id=thread_id,
                reply_markup=keyboard,
                reply_parameters=answering(to) if to else None,
            ),
        )

    async def change(self, message_id: int, words: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        await self.bot.edit_message_text(
            words, chat_id=self.chat.id, message_id=message_id, reply_markup=keyboard
        )

    async def remember(self, dialogue: Dialogue) -> None:
        """Store the state of the questions. The unconfirmed files stay as they are."""
        known = self.known
        await self.remember_all(replace(dialogue, files=known.files, files_seen=known.files_seen))

    async def remember_all(self, dialogue: Dialogue) -> None:
        """Store the state of the questions and the unconfirmed files."""
        await self.desk.dialogues.put(self.chat.id, stored(dialogue))

    @property
    def known(self) -> Dialogue:
        return self.dialogue or Over(seen=0)

    def waiting_file(self, message_id: int) -> WaitingFile | None:
        """The file of this message, if it is not confirmed yet."""
        return next((each for each in self.known.files if each.message_id == message_id), None)

    def was_applied(self, message_id: int) -> bool:
        """Whether this message was applied to the dialogue before: it is being handled again."""
        return self.dialogue is not None and message_id <= self.dialogue.seen
