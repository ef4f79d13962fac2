from dataclasses import dataclass

from asyncpg import Pool, Record
from sqlalchemy import bindparam, insert, select, update
from typing_extensions import override

from augury.application.chats.ports import Chat, Chats, Dialogues
from augury.application.people.ports import NewUser
from augury.application.ports import Json
from augury.outbound.postgres import locks
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch, query
from augury.outbound.postgres.tables import users
from augury.outbound.postgres.telegram_tables import chats
from augury.outbound.postgres.users import add_user

ITSELF = chats.c.id == bindparam("chat_id")
_chat = (
    select(chats, users.c.blocked_at.is_not(None).label("blocked"))
    .join(users, users.c.id == chats.c.user_id)
    .where(ITSELF)
)
GET = query(_chat)
LOCK = query(_chat.with_for_update(of=chats))
ADD = query(
    insert(chats).values(
        {name: bindparam(name) for name in ("id", "user_id", "language", "model", "dialogue")}
    )
)
SPEAK = query(update(chats).where(ITSELF).values(language=bindparam("value")))
CHOOSE = query(update(chats).where(ITSELF).values(model=bindparam("value")))
LEAVE = query(update(chats).where(ITSELF, chats.c.gone != bindparam("value")).values(gone=bindparam("value")))
PUT_DIALOGUE = query(update(chats).where(ITSELF).values(dialogue=bindparam("value")))


@dataclass(frozen=True, slots=True)
class PostgresChats(Chats):
    pool: Pool

    @override
    async def get(self, chat_id: int) -> Chat | None:
        rows = await fetch(self.pool, *GET(chat_id=chat_id))
        return chat_of(rows[0]) if rows else None

    @override
    async def add(self, chat: Chat, new: NewUser) -> Chat:
        async with transaction(self.pool) as connection:
            await connection.execute(locks.WAIT, chat.id)  # a concurrent call waits, and then finds the chat
            if row := await connection.fetchrow(*GET(chat_id=chat.id)):
                return chat_of(row)
            await add_user(connection, new)
            await connection.execute(
                *ADD(
                    id=chat.id,
                    user_id=chat.user_id,
                    language=chat.language,
                    model=chat.model,
                    dialogue=chat.dialogue,
                )
            )
        return chat

    @override
    async def speak(self, chat_id: int, language: str) -> None:
        await fetch(self.pool, *SPEAK(chat_id=chat_id, value=language))

    @override
    async def choose(self, chat_id: int, model: str) -> None:
        await fetch(self.pool, *CHOOSE(chat_id=chat_id, value=model))

    @override
    async def leave(self, chat_id: int, *, gone: bool = True) -> None:
        await fetch(self.pool, *LEAVE(chat_id=chat_id, value=gone))


@dataclass(frozen=True, slots=True)
class PostgresDialogues(Dialogues):
    pool: Pool

    @override
    async def put(self, chat_id: int, dialogue: Json | None) -> None:
        await fetch(self.pool, *PUT_DIALOGUE(chat_id=chat_id, value=dialogue))


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
