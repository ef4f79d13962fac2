from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from asyncpg import Pool
from typing_extensions import override

from augury.application.chats.ports.sign_ins import ChatSignIn, ChatSignIns
from augury.domain.identifiers import UserId
from augury.outbound.postgres.query import fetch

ASK = "INSERT INTO telegram_sign_ins (digest, client, expires_at) VALUES ($1, $2, now() + $3::interval)"
ASKED = "SELECT client, expires_at, chat_id FROM telegram_sign_ins WHERE digest = $1 AND expires_at > now()"
CONFIRM = """
UPDATE telegram_sign_ins SET chat_id = $2
WHERE digest = $1 AND expires_at > now() AND (chat_id IS NULL OR chat_id = $2) RETURNING chat_id
"""
FORGET = "DELETE FROM telegram_sign_ins WHERE digest = $1"
# If the user is being blocked, closed or unlinked at the same time, the locks wait until that is done, and
# the statement sees it. `sessions.BEGIN` does the same for a password.
FINISH = """
WITH used AS (
    DELETE FROM telegram_sign_ins WHERE digest = $1 AND expires_at > now() AND chat_id IS NOT NULL
    RETURNING chat_id, client
), owner AS (
    SELECT users.id, client, used.chat_id FROM used
    JOIN telegram_chats chat ON chat.id = used.chat_id JOIN users ON users.id = chat.user_id
    WHERE blocked_at IS NULL AND closed_at IS NULL AND role = 'member' FOR SHARE OF chat, users
)
INSERT INTO refresh_tokens (digest, family, user_id, expires_at, client, begun_at, chat_id)
SELECT $2, $3, id, now() + $4::interval, client, now(), chat_id FROM owner RETURNING user_id
"""


@dataclass(frozen=True, slots=True)
class PostgresChatSignIns(ChatSignIns):
    pool: Pool

    @override
    async def ask(self, digest: bytes, *, client: str, lifetime: timedelta) -> None:
        await fetch(self.pool, ASK, digest, client, lifetime)

    @override
    async def asked(self, digest: bytes) -> ChatSignIn | None:
        rows = await fetch(self.pool, ASKED, digest)
        return ChatSignIn(**rows[0]) if rows else None

    @override
    async def confirm(self, digest: bytes, chat_id: int) -> bool:
        return bool(await fetch(self.pool, CONFIRM, digest, chat_id))

    @override
    async def forget(self, digest: bytes) -> None:
        await fetch(self.pool, FORGET, digest)

    @override
    async def finish(
        self, digest: bytes, *, refresh: bytes, family: UUID, lifetime: timedelta
    ) -> UserId | None:
        rows = await fetch(self.pool, FINISH, digest, refresh, family, lifetime)
        return UserId(rows[0]["user_id"]) if rows else None
