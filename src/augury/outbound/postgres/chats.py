from dataclasses import dataclass

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.chats.ports.chats import Chat, Chats, Dialogues
from augury.application.people.ports.users import NewUser
from augury.application.ports import Json
from augury.outbound.postgres import locks
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.users import add_user

GET = """
SELECT chat.id, user_id, language, model, dialogue, gone, users.blocked_at IS NOT NULL AS blocked
FROM telegram_chats chat JOIN users ON users.id = user_id WHERE chat.id = $1
"""
LOCK = f"{GET} FOR UPDATE OF chat"
ADD = "INSERT INTO telegram_chats (id, user_id, language, model, dialogue) VALUES ($1, $2, $3, $4, $5)"
SPEAK = "UPDATE telegram_chats SET language = $2 WHERE id = $1"
CHOOSE = "UPDATE telegram_chats SET model = $2 WHERE id = $1"
LEAVE = "UPDATE telegram_chats SET gone = $2 WHERE id = $1 AND gone <> $2"
PUT_DIALOGUE = "UPDATE telegram_chats SET dialogue = $2 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class PostgresChats(Chats):
    pool: Pool

    @override
    async def get(self, chat_id: int) -> Chat | None:
        rows = await fetch(self.pool, GET, chat_id)
        return chat_of(rows[0]) if rows else None

    @override
    async def add(self, chat: Chat, new: NewUser) -> Chat:
        async with transaction(self.pool) as connection:
            await connection.execute(locks.WAIT, chat.id)  # a concurrent call waits, and then finds the chat
            if row := await connection.fetchrow(GET, chat.id):
                return chat_of(row)
            await add_user(connection, new)
            await connection.execute(ADD, chat.id, chat.user_id, chat.language, chat.model, chat.dialogue)
        return chat

    @override
    async def speak(self, chat_id: int, language: str) -> None:
        await fetch(self.pool, SPEAK, chat_id, language)

    @override
    async def choose(self, chat_id: int, model: str) -> None:
        await fetch(self.pool, CHOOSE, chat_id, model)

    @override
    async def leave(self, chat_id: int, *, gone: bool = True) -> None:
        await fetch(self.pool, LEAVE, chat_id, gone)


@dataclass(frozen=True, slots=True)
class PostgresDialogues(Dialogues):
    pool: Pool

    @override
    async def put(self, chat_id: int, dialogue: Json | None) -> None:
        await fetch(self.pool, PUT_DIALOGUE, chat_id, dialogue)


def chat_of(row: Record) -> Chat:
    return Chat(
        id=row["id"],
        user_id=row["user_id"],
        language=row["language"],
        model=row["model"],
        dialogue=row["dialogue"],
        gone=row["gone"],
        blocked=row["blocked"],
    )
