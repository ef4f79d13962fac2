from dataclasses import dataclass, replace
from typing import Any

from typing_extensions import override

from augury.application.chats.ports.chats import Chat, Chats, Dialogues
from augury.application.people.ports.users import NewUser
from augury.application.ports import Json
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.users import add_user


@dataclass(frozen=True, slots=True)
class MemoryChats(Chats):
    memory: Memory

    @override
    async def get(self, chat_id: int) -> Chat | None:
        return chat_of(self.memory.state, chat_id)

    @override
    async def add(self, chat: Chat, new: NewUser) -> Chat:
        async with self.memory.change() as state:
            if known := chat_of(state, chat.id):
                return known
            add_user(state, new, self.memory.now())
            state.chats[chat.id] = chat
        return chat

    @override
    async def speak(self, chat_id: int, language: str) -> None:
        await _change(self.memory, chat_id, language=language)

    @override
    async def choose(self, chat_id: int, model: str) -> None:
        await _change(self.memory, chat_id, model=model)

    @override
    async def leave(self, chat_id: int, *, gone: bool = True) -> None:
        await _change(self.memory, chat_id, gone=gone)


@dataclass(frozen=True, slots=True)
class MemoryDialogues(Dialogues):
    memory: Memory

    @override
    async def put(self, chat_id: int, dialogue: Json | None) -> None:
        await _change(self.memory, chat_id, dialogue=dialogue)


def chat_of(state: State, chat_id: int) -> Chat | None:
    chat = state.chats.get(chat_id)
    return chat and replace(chat, blocked=state.users[chat.user_id].user.blocked_at is not None)


async def _change(memory: Memory, chat_id: int, **changes: Any) -> None:  # noqa: ANN401  # fields of a chat
    async with memory.change() as state:
        if chat := state.chats.get(chat_id):
            state.chats[chat_id] = replace(chat, **changes)
