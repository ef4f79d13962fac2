from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.models.ports.trainings import ModelTrainings
from augury.domain.audit import Act
from augury.domain.identifiers import ModelFileId, TrainingId
from augury.domain.model_training import (
    ModelTraining,
    TooManyTrainings,
    TrainingEnded,
    TrainingNotFound,
    TrainingProgress,
    TrainingState,
)
from augury.domain.model_upload import UploadTerms
from augury.domain.training_plan import Plan
from augury.outbound.postgres import locks
from augury.outbound.postgres.audit_log import note
from augury.outbound.postgres.pages import LAST
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.reasons import read, read_all, stored, stored_all

COLUMNS = """
id, name, table_id, sha256, size, plan, row_price, text_price, activate, created_at, state, attempts,
is_stopping, percent, seconds_left, found, findings, model_sha256, version, reason, why, started_at,
finished_at
"""
ADD = """
INSERT INTO model_trainings
    (id, name, table_id, sha256, size, plan, plan_sha256, row_price, text_price, activate, created_at, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
REPEATED = f"""
SELECT {COLUMNS} FROM model_trainings
WHERE name = $1 AND sha256 = $2 AND plan_sha256 = $3 AND state IN ('queued', 'training', 'ready')
"""
UNFINISHED = "SELECT count(*) FROM model_trainings WHERE state IN ('queued', 'training')"
SEVERAL = f"SELECT {COLUMNS} FROM model_trainings WHERE id = ANY ($1::uuid[])"
PAGE = f"""
SELECT {COLUMNS} FROM model_trainings
WHERE id < $1 ORDER BY id DESC LIMIT $2
"""
TAKE = f"""
UPDATE model_trainings SET
    attempts = attempts + 1, state = 'training', percent = 0, seconds_left = NULL,
    started_at = coalesce(started_at, now()), due_at = now() + $1::interval
WHERE id = (
    SELECT id FROM model_trainings WHERE state IN ('queued', 'training') AND due_at <= now()
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING {COLUMNS}
"""
# `attempts` fences off workers that lost the training: every worker that takes it counts it up.
_MINE = "id = $1 AND attempts = $2 AND state = 'training'"
KEEP = f"""
UPDATE model_trainings SET
    percent = $3, seconds_left = $4, found = $5, findings = $6, due_at = now() + $7::interval
WHERE {_MINE} RETURNING {COLUMNS}
"""
TRAINED = f"UPDATE model_trainings SET model_sha256 = $3 WHERE {_MINE} RETURNING 1"
HAND_BACK = f"""
UPDATE model_trainings SET
    state = 'queued', attempts = attempts - 1, percent = 0, seconds_left = NULL, due_at = now() + $3::interval
WHERE {_MINE}
"""
RECORD = f"""
UPDATE model_trainings SET
    state = $3, reason = $4, why = $5, version = $6, finished_at = now(), seconds_left = NULL,
    percent = CASE WHEN $3 = 'ready' THEN 100 ELSE percent END
WHERE {_MINE} RETURNING 1
"""
# A training that was handed back may have a model already, which only has to be added.
_IS_NOTHING = "state = 'queued' AND model_sha256 IS NULL"
CANCEL = f"""
UPDATE model_trainings SET
    state = CASE WHEN {_IS_NOTHING} THEN 'canceled' ELSE state END,
    finished_at = CASE WHEN {_IS_NOTHING} THEN now() END,
    is_stopping = true
WHERE id = $1 AND state IN ('queued', 'training') RETURNING {COLUMNS}
"""
EXPIRED = f"""
SELECT {COLUMNS} FROM model_trainings WHERE finished_at < now() - $1::interval
ORDER BY finished_at LIMIT $2
"""
DELETE = "DELETE FROM model_trainings WHERE id = ANY ($1::uuid[])"


@dataclass(frozen=True, slots=True)
class PostgresModelTrainings(ModelTrainings):
    pool: Pool

    @override
    async def add(self, training: ModelTraining, *, most: int, act: Act | None = None) -> None:
        async with transaction(self.pool) as connection:
            await connection.execute(locks.WAIT, locks.ADDING_TRAINING)
            if (pending := await connection.fetchval(UNFINISHED)) >= most:
                raise TooManyTrainings(pending, most)
            await connection.execute(ADD, *_values(training))
            await note(connection, act)

    @override
    async def unfinished(self) -> int:
        [row] = await fetch(self.pool, UNFINISHED)
        return int(row["count"])

    @override
    async def repeated(self, name: str, sha256: str, plan: Plan) -> ModelTraining | None:
        rows = await fetch(self.pool, REPEATED, name, sha256, plan.digest)
        return _training_of(rows[0]) if rows else None

    @override
    async def get(self, training_id: TrainingId) -> ModelTraining:
        found = await self.several([training_id])
        if not found:
            raise TrainingNotFound(training_id)
        return found[0]

    @override
    async def several(self, ids: Collection[TrainingId]) -> Sequence[ModelTraining]:
        return [_training_of(row) for row in await fetch(self.pool, SEVERAL, list(ids))]

    @override
    async def page(self, *, limit: int, before: TrainingId | None = None) -> Sequence[ModelTraining]:
        return [_training_of(row) for row in await fetch(self.pool, PAGE, before or LAST, limit)]

    @override
    async def take(self, *, lease: timedelta) -> ModelTraining | None:
        rows = await fetch(self.pool, TAKE, lease)
        return _training_of(rows[0]) if rows else None

    @override
    async def keep(
        self, training: ModelTraining, progress: TrainingProgress, *, lease: timedelta
    ) -> ModelTraining | None:
        rows = await fetch(
            self.pool,
            KEEP,
            *(training.id, training.attempts),
            *(progress.percent, progress.seconds_left, *stored_all(progress.found), lease),
        )
        return _training_of(rows[0]) if rows else None

    @override
    async def trained(self, training: ModelTraining, sha256: str) -> bool:
        return bool(await fetch(self.pool, TRAINED, training.id, training.attempts, sha256))

    @override
    async def hand_back(self, training: ModelTraining, *, pause: timedelta) -> None:
        await fetch(self.pool, HAND_BACK, training.id, training.attempts, pause)

    @override
    async def record(self, training: ModelTraining) -> bool:
        said = training.state, *stored(training.reason), training.version
        return bool(await fetch(self.pool, RECORD, training.id, training.attempts, *said))

    @override
    async def cancel(self, training_id: TrainingId, *, act: Act | None = None) -> ModelTraining:
        async with transaction(self.pool) as connection:
            row = await connection.fetchrow(CANCEL, training_id)
            if row is not None:
                await note(connection, act)
                return _training_of(row)
        raise TrainingEnded((await self.get(training_id)).state)

    @override
    async def expired(self, *, keep: timedelta, limit: int) -> Sequence[ModelTraining]:
        return [_training_of(row) for row in await fetch(self.pool, EXPIRED, keep, limit)]

    @override
    async def delete(self, ids: Collection[TrainingId]) -> None:
        await fetch(self.pool, DELETE, list(ids))


def _values(training: ModelTraining) -> tuple[object, ...]:
    """The values of `ADD`."""
    terms, plan = training.terms, training.plan
    return (
        *(training.id, training.name, training.table_id, training.sha256, training.size),
        *(msgspec.json.encode(plan.settings).decode(), plan.digest),
        *(terms.row_price, terms.text_price, terms.activate),
        *(training.created_at, training.state),
    )


def _training_of(row: Record) -> ModelTraining:
    return ModelTraining(
        id=TrainingId(row["id"]),
        name=row["name"],
        table_id=ModelFileId(row["table_id"]),
        sha256=row["sha256"],
        size=row["size"],
        plan=Plan.of(msgspec.json.decode(row["plan"])),
        terms=UploadTerms(row_price=row["row_price"], text_price=row["text_price"], activate=row["activate"]),
        created_at=row["created_at"],
        state=TrainingState(row["state"]),
        attempts=row["attempts"],
        is_stopping=row["is_stopping"],
        progress=TrainingProgress(
            row["percent"], row["seconds_left"], read_all(row["findings"], row["found"])
        ),
        model_sha256=row["model_sha256"],
        version=row["version"],
        reason=read(row["why"], row["reason"]),
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )
