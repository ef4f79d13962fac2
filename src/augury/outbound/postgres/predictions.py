from collections.abc import Collection, Sequence
from dataclasses import dataclass

from asyncpg import Pool
from typing_extensions import override

from augury.application.predictions.ports import (
    MOST_BYTES_AT_ONCE,
    MOST_LISTED_BYTES,
    PredictionContents,
    Predictions,
    StoredPrediction,
)
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import PredictionNotFound, Status, WrongStatus
from augury.domain.text import is_storable
from augury.outbound.postgres.prediction_rows import COLUMNS, stored_prediction_of
from augury.outbound.postgres.query import fetch

# The refund is looked up by the primary key of transfers: there is at most one. A free prediction has none.
REFUNDED = """
CASE WHEN valid_rows > 0 THEN (
    SELECT amount FROM transfers WHERE reference = predictions.id AND kind = 'refund'
) END AS refunded
"""
# octet_length does not read the value, even if it is compressed.
STORED = f"""
SELECT {COLUMNS},
    CASE WHEN octet_length(output) <= {MOST_BYTES_AT_ONCE} THEN output END AS output,
    CASE WHEN octet_length(output) > {MOST_BYTES_AT_ONCE} THEN octet_length(output) ELSE 0 END
        AS large_output,
    errors, warnings, {REFUNDED}
FROM predictions
"""
GET = f"{STORED} WHERE id = $1 AND user_id = $2"
SEVERAL = f"{STORED} WHERE id = ANY ($1::uuid[])"
# A server that compresses unpacks the value from its start up to this piece, and no further.
PIECE = f"""
SELECT substr(output, $3::int, {MOST_BYTES_AT_ONCE}) FROM predictions WHERE id = $1 AND user_id = $2
"""
PAGE = f"""
SELECT {COLUMNS},
    CASE WHEN rows = 1 AND octet_length(output) <= {MOST_LISTED_BYTES} THEN output END AS output,
    0 AS large_output, NULL AS errors, warnings, {REFUNDED}
FROM predictions
WHERE user_id = $1
    AND ($2::uuid IS NULL OR id < $2)
    AND ($3::text IS NULL OR status = $3)
    AND ($4::text IS NULL OR model_name = $4)
    AND ($5::int IS NULL OR model_version = $5)
ORDER BY id DESC LIMIT $6
"""
WAITING = "SELECT count(*) FROM (SELECT FROM unfinished LIMIT $1) AS found"
FINAL = "SELECT id FROM predictions WHERE id = ANY ($1::uuid[]) AND status NOT IN ('queued', 'processing')"
FORGET = """
UPDATE predictions SET input = NULL, output = NULL, errors = NULL, warnings = NULL
WHERE id = $1 AND user_id = $2 AND status NOT IN ('queued', 'processing')
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class PostgresPredictions(Predictions):
    pool: Pool

    @override
    async def get(self, prediction_id: PredictionId, *, owner: UserId) -> StoredPrediction:
        rows = await fetch(self.pool, GET, prediction_id, owner)
        if not rows:
            raise PredictionNotFound(prediction_id=prediction_id)
        return stored_prediction_of(rows[0])

    @override
    async def piece(self, prediction_id: PredictionId, *, owner: UserId, begin: int) -> bytes:
        rows = await fetch(self.pool, PIECE, prediction_id, owner, begin + 1)
        if not rows:
            raise PredictionNotFound(prediction_id=prediction_id)
        return rows[0][0] or b""

    @override
    async def several(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        return [stored_prediction_of(row) for row in await fetch(self.pool, SEVERAL, list(ids))]

    @override
    async def page(
        self,
        owner: UserId,
        *,
        limit: int,
        before: PredictionId | None = None,
        status: Status | None = None,
        model: str | None = None,
    ) -> Sequence[StoredPrediction]:
        if model is not None and not is_storable(model):
            return []
        name, version = _model(model)
        rows = await fetch(self.pool, PAGE, owner, before, status, name, version, limit)
        return [stored_prediction_of(row) for row in rows]

    @override
    async def waiting(self, *, at_most: int) -> int:
        rows = await fetch(self.pool, WAITING, at_most)
        return int(rows[0][0])

    @override
    async def final(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return [row["id"] for row in await fetch(self.pool, FINAL, list(ids))]


@dataclass(frozen=True, slots=True)
class PostgresPredictionContents(PredictionContents):
    pool: Pool

    @override
    async def forget(self, prediction_id: PredictionId, *, owner: UserId) -> None:
        if not await fetch(self.pool, FORGET, prediction_id, owner):
            stored = await PostgresPredictions(self.pool).get(prediction_id, owner=owner)
            raise WrongStatus(status=stored.prediction.status)


def _model(text: str | None) -> tuple[str | None, int | None]:
    """Split `name` or `name@version`. An invalid version becomes -1, which no model has."""
    if text is None:
        return None, None
    name, at, version = text.partition("@")
    if not at:
        return name, None
    known = version.isascii() and version.isdigit() and len(version) < 10
    return name, int(version) if known else -1
