from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from asyncpg import Pool
from typing_extensions import override

from augury.application.chats.ports.results import BatchDelivery, BatchReplies, BatchReply
from augury.domain.identifiers import BatchId
from augury.outbound.postgres.query import fetch

EXPECT = """
INSERT INTO telegram_batches (batch_id, chat_id, message_id, placeholder_id, file_name, thread_id)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""
DUE = """
SELECT b.batch_id, b.chat_id, b.message_id, b.placeholder_id, b.file_name, b.thread_id, b.files_sent,
    c.language, c.gone
FROM telegram_batches b JOIN telegram_chats c ON c.id = b.chat_id
WHERE b.due_at <= now() AND b.batch_id <> ALL ($2::uuid[]) ORDER BY b.due_at LIMIT $1
"""
PUT_OFF = """
UPDATE telegram_batches SET due_at = now() + $2::interval
WHERE batch_id = ANY ($1::uuid[]) AND due_at IS NOT NULL
"""
SENT = "UPDATE telegram_batches SET files_sent = $2 WHERE batch_id = $1"
DELIVERED = "UPDATE telegram_batches SET due_at = NULL WHERE batch_id = $1"


@dataclass(frozen=True, slots=True)
class PostgresBatchReplies(BatchReplies):
    pool: Pool

    @override
    async def expect(self, reply: BatchReply) -> None:
        await fetch(
            self.pool,
            EXPECT,
            *(reply.batch_id, reply.chat_id, reply.message_id, reply.placeholder_id, reply.file_name),
            reply.thread_id,
        )

    @override
    async def due(self, limit: int, *, but_not: Collection[BatchId] = ()) -> Sequence[BatchDelivery]:
        return [
            BatchDelivery(
                reply=BatchReply(
                    chat_id=row["chat_id"],
                    message_id=row["message_id"],
                    batch_id=row["batch_id"],
                    placeholder_id=row["placeholder_id"],
                    file_name=row["file_name"],
                    thread_id=row["thread_id"],
                    files_sent=row["files_sent"],
                ),
                language=row["language"],
                gone=row["gone"],
            )
            for row in await fetch(self.pool, DUE, limit, list(but_not))
        ]

    @override
    async def put_off(self, batch_ids: Collection[BatchId], wait: timedelta) -> None:
        await fetch(self.pool, PUT_OFF, list(batch_ids), wait)

    @override
    async def sent(self, batch_id: BatchId, files: int) -> None:
        await fetch(self.pool, SENT, batch_id, files)

    @override
    async def delivered(self, batch_id: BatchId) -> None:
        await fetch(self.pool, DELIVERED, batch_id)
