from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.models.ports.uploads import ModelUploads
from augury.application.ports import Conflict
from augury.domain.answer_meaning import ReadAs
from augury.domain.audit import Act
from augury.domain.identifiers import ModelFileId
from augury.domain.model import ModelRef, ModelState
from augury.domain.model_upload import CheckStage, ModelUpload, UploadTerms
from augury.domain.text import is_storable
from augury.outbound.postgres import locks
from augury.outbound.postgres.audit_log import note
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.reasons import read, stored

COLUMNS = """
name, version, file_id, sha256, size, row_price, text_price, activate, read_as, created_at, state, stage,
attempts, reason, why
"""
ADD = f"""
INSERT INTO model_uploads ({COLUMNS})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
IS_THERE = """
SELECT EXISTS (SELECT FROM models WHERE name = $1 AND (version = $2 OR sha256 = $3))
    OR EXISTS (SELECT FROM model_uploads WHERE name = $1 AND sha256 = $3 AND state = 'checking')
"""
GET = f"SELECT {COLUMNS} FROM model_uploads WHERE name = $1 AND version = $2"
SEVERAL = f"""
SELECT {COLUMNS} FROM model_uploads
WHERE (name, version) IN (SELECT name, version FROM unnest($1::text[], $2::int[]) AS asked (name, version))
"""
ALL = f"SELECT {COLUMNS} FROM model_uploads WHERE state <> 'ready' ORDER BY name, version"
CHECKING = f"""
SELECT {COLUMNS} FROM model_uploads WHERE name = $1 AND sha256 = $2 AND state = 'checking'
ORDER BY version LIMIT 1
"""
TAKE = f"""
UPDATE model_uploads SET attempts = attempts + 1, stage = 'waiting', due_at = now() + $1::interval
WHERE (name, version) = (
    SELECT name, version FROM model_uploads WHERE state = 'checking' AND due_at <= now()
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING {COLUMNS}
"""
# `attempts` fences off workers that lost the upload: every worker that takes it counts it up.
_MINE = "name = $1 AND version = $2 AND attempts = $3 AND state = 'checking'"
KEEP = f"UPDATE model_uploads SET stage = $4, due_at = now() + $5::interval WHERE {_MINE} RETURNING 1"
HAND_BACK = f"""
UPDATE model_uploads SET stage = 'waiting', attempts = attempts - 1, due_at = now() + $4::interval
WHERE {_MINE}
"""
RECORD = f"""
UPDATE model_uploads SET state = $4, reason = $5, why = $6, due_at = now() WHERE {_MINE} RETURNING 1
"""
FORGET_REFUSED = "DELETE FROM model_uploads WHERE state = 'refused' AND due_at < now() - $1::interval"


@dataclass(frozen=True, slots=True)
class PostgresModelUploads(ModelUploads):
    pool: Pool

    @override
    async def add(self, upload: ModelUpload, *, act: Act | None = None) -> None:
        async with transaction(self.pool) as connection:
            await connection.execute(locks.WAIT, locks.NAMING_MODEL)
            ref = upload.ref
            if await connection.fetchval(IS_THERE, ref.name, ref.version, upload.sha256):
                raise Conflict(f"{ref} or its file already exists")
            await connection.execute(ADD, *_values(upload))
            await note(connection, act)

    @override
    async def get(self, ref: ModelRef) -> ModelUpload | None:
        rows = await fetch(self.pool, GET, ref.name, ref.version) if is_storable(ref.name) else []
        return _upload_of(rows[0]) if rows else None

    @override
    async def several(self, refs: Collection[ModelRef]) -> Sequence[ModelUpload]:
        names, versions = [ref.name for ref in refs], [ref.version for ref in refs]
        return [_upload_of(row) for row in await fetch(self.pool, SEVERAL, names, versions)]

    @override
    async def all(self) -> Sequence[ModelUpload]:
        return [_upload_of(row) for row in await fetch(self.pool, ALL)]

    @override
    async def checking(self, name: str, sha256: str) -> ModelUpload | None:
        rows = await fetch(self.pool, CHECKING, name, sha256)
        return _upload_of(rows[0]) if rows else None

    @override
    async def take(self, *, lease: timedelta) -> ModelUpload | None:
        rows = await fetch(self.pool, TAKE, lease)
        return _upload_of(rows[0]) if rows else None

    @override
    async def keep(self, upload: ModelUpload, stage: CheckStage, *, lease: timedelta) -> bool:
        return bool(await fetch(self.pool, KEEP, *_mine(upload), stage, lease))

    @override
    async def hand_back(self, upload: ModelUpload, *, pause: timedelta) -> None:
        await fetch(self.pool, HAND_BACK, *_mine(upload), pause)

    @override
    async def record(self, upload: ModelUpload) -> bool:
        said = stored(upload.reason)
        return bool(await fetch(self.pool, RECORD, *_mine(upload), upload.state, *said))

    @override
    async def forget_refused(self, *, keep: timedelta) -> None:
        await fetch(self.pool, FORGET_REFUSED, keep)


def _mine(upload: ModelUpload) -> tuple[str, int, int]:
    return upload.ref.name, upload.ref.version, upload.attempts


def _values(upload: ModelUpload) -> tuple[object, ...]:
    """The values of `COLUMNS`."""
    terms = upload.terms
    return (
        upload.ref.name,
        upload.ref.version,
        upload.file_id,
        upload.sha256,
        upload.size,
        terms.row_price,
        terms.text_price,
        terms.activate,
        terms.read_as,
        upload.created_at,
        upload.state,
        upload.stage,
        upload.attempts,
        *stored(upload.reason),
    )


def _upload_of(row: Record) -> ModelUpload:
    return ModelUpload(
        ref=ModelRef(row["name"], row["version"]),
        file_id=ModelFileId(row["file_id"]),
        sha256=row["sha256"],
        size=row["size"],
        terms=UploadTerms(
            row_price=row["row_price"],
            text_price=row["text_price"],
            activate=row["activate"],
            read_as=ReadAs(row["read_as"]) if row["read_as"] else None,
        ),
        created_at=row["created_at"],
        state=ModelState(row["state"]),
        stage=CheckStage(row["stage"]),
        attempts=row["attempts"],
        reason=read(row["why"], row["reason"]),
    )
