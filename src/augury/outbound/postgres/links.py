from dataclasses import dataclass
from datetime import timedelta

from asyncpg import Pool
from typing_extensions import override

from augury.application.chats.ports.links import Links
from augury.domain.identifiers import UserId
from augury.outbound.postgres.query import fetch

ISSUE = """
WITH forgotten AS (
    DELETE FROM telegram_links WHERE user_id = $2 AND expires_at <= now()
)
INSERT INTO telegram_links (digest, user_id, expires_at) VALUES ($1, $2, now() + $3::interval)
"""
OWNER = """
SELECT user_id FROM telegram_links
WHERE digest = $1 AND (chat_id = $2 OR chat_id IS NULL AND expires_at > now())
"""
FORGET = "DELETE FROM telegram_links WHERE digest = $1"
SAW_BOT = """
INSERT INTO telegram_bots (username, seen_at) VALUES ($1, now())
ON CONFLICT (username) DO UPDATE SET seen_at = now()
"""
BOT = "SELECT username FROM telegram_bots ORDER BY seen_at DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class PostgresLinks(Links):
    pool: Pool

    @override
    async def owner(self, digest: bytes, chat_id: int) -> UserId | None:
        rows = await fetch(self.pool, OWNER, digest, chat_id)
        return UserId(rows[0]["user_id"]) if rows else None

    @override
    async def forget(self, digest: bytes) -> None:
        await fetch(self.pool, FORGET, digest)

    @override
    async def issue(self, digest: bytes, user_id: UserId, lifetime: timedelta) -> None:
        await fetch(self.pool, ISSUE, digest, user_id, lifetime)

    @override
    async def saw_bot(self, username: str) -> None:
        await fetch(self.pool, SAW_BOT, username)

    @override
    async def bot(self) -> str | None:
        rows = await fetch(self.pool, BOT)
        return rows[0]["username"] if rows else None
