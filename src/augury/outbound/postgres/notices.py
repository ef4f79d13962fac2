from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.chats.ports.results import Delivery, Notices, Reply
from augury.application.ports import Json
from augury.domain.identifiers import PredictionId
from augury.outbound.postgres.prediction_rows import prediction_of
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.row_errors import decoded_errors, decoded_warnings

# An existing reply stays unchanged. The update, which changes nothing, makes PostgreSQL return it.
EXPECT = """
INSERT INTO telegram_replies AS known
    (chat_id, message_id, prediction_id, placeholder_id, file_name, thread_id, sheet)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (chat_id, message_id) DO UPDATE SET placeholder_id = known.placeholder_id
RETURNING chat_id, message_id, prediction_id, known.placeholder_id, known.file_name, known.thread_id
"""
PLACED = "UPDATE telegram_replies SET placeholder_id = $3 WHERE chat_id = $1 AND message_id = $2"
PLACE_REST = """
UPDATE telegram_replies SET placeholder_id = $2 WHERE chat_id = $1 AND placeholder_id IS NULL
"""
DUE = """
WITH due AS (
    SELECT n.prediction_id AS id, r.file_name IS NOT NULL AS is_file,
        row_number() OVER (PARTITION BY r.file_name IS NOT NULL ORDER BY n.prediction_id) AS place
    FROM notices n
    JOIN telegram_replies r USING (prediction_id)
    JOIN telegram_chats c ON c.id = r.chat_id
    WHERE n.due_at <= now() AND r.placeholder_id IS NOT NULL AND n.prediction_id <> ALL ($2::uuid[])
), chosen AS (
    SELECT id FROM due WHERE NOT is_file OR place <= $3 ORDER BY id LIMIT $1
)
SELECT p.id, p.user_id, p.model_name, p.model_version, p.rows, p.row_price, p.single, p.batch_id,
    p.status, p.attempts,
    p.created_at, p.expires_at, p.started_at, p.finished_at, p.valid_rows, p.failure,
    p.text_price, p.text_bytes, p.valid_text_bytes,
    p.input, p.output, p.errors, p.warnings, r.chat_id, r.message_id, r.placeholder_id, r.file_name,
    r.thread_id, r.sheet, c.language, c.gone
FROM predictions p
JOIN telegram_replies r ON r.prediction_id = p.id
JOIN telegram_chats c ON c.id = r.chat_id
WHERE p.id = ANY (ARRAY (SELECT id FROM chosen)) AND r.prediction_id = ANY (ARRAY (SELECT id FROM chosen))
ORDER BY p.id
"""
PUT_OFF = "UPDATE notices SET due_at = now() + $2::interval WHERE prediction_id = $1"
DELIVERED = """
WITH told AS (DELETE FROM notices WHERE prediction_id = $1)
UPDATE telegram_replies SET sheet = NULL WHERE prediction_id = $1 AND sheet IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class PostgresNotices(Notices):
    pool: Pool

    @override
    async def expect(self, reply: Reply, *, sheet: Json | None = None) -> Reply:
        rows = await fetch(
            self.pool,
            EXPECT,
            *(reply.chat_id, reply.message_id, reply.prediction_id, reply.placeholder_id, reply.file_name),
            *(reply.thread_id, sheet),
        )
        return _reply_of(rows[0], rows[0]["prediction_id"])

    @override
    async def placed(self, reply: Reply, placeholder_id: int) -> None:
        await fetch(self.pool, PLACED, reply.chat_id, reply.message_id, placeholder_id)

    @override
    async def place_rest(self, chat_id: int, placeholder_id: int) -> None:
        await fetch(self.pool, PLACE_REST, chat_id, placeholder_id)

    @override
    async def due(
        self, limit: int, *, most_files: int, but_not: Collection[PredictionId] = ()
    ) -> Sequence[Delivery]:
        return [
            Delivery(
                reply=_reply_of(row, row["id"]),
                language=row["language"],
                gone=row["gone"],
                prediction=prediction_of(row),
                input=row["input"],
                output=row["output"],
                errors=decoded_errors(row["errors"]),
                warnings=decoded_warnings(row["warnings"]),
                sheet=row["sheet"],
            )
            for row in await fetch(self.pool, DUE, limit, list(but_not), most_files)
        ]

    @override
    async def put_off(self, prediction_id: PredictionId, wait: timedelta) -> None:
        await fetch(self.pool, PUT_OFF, prediction_id, wait)

    @override
    async def delivered(self, prediction_id: PredictionId) -> None:
        await fetch(self.pool, DELIVERED, prediction_id)


def _reply_of(row: Record, prediction_id: PredictionId) -> Reply:
    return Reply(
        chat_id=row["chat_id"],
        message_id=row["message_id"],
        prediction_id=prediction_id,
        placeholder_id=row["placeholder_id"],
        file_name=row["file_name"],
        thread_id=row["thread_id"],
    )
