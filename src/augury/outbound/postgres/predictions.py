from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Pool
from typing_extensions import override

from augury.application.ports import Json
from augury.application.predictions.ports.contents import PredictionContents
from augury.application.predictions.ports.reads import (
    MOST_BYTES_AT_ONCE,
    PredictionPage,
    Predictions,
    StoredPrediction,
    UsageOfDay,
)
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import PredictionNotFound, Status, WrongStatus
from augury.domain.text import is_storable
from augury.outbound.postgres.pages import LAST, first_at, given, hidden, newest_first, within
from augury.outbound.postgres.prediction_pages import LISTED, MOST_LOOKED_AT, WantedPredictions
from augury.outbound.postgres.prediction_rows import COLUMNS, in_bulk, stored_prediction_of
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.reads import Reads

# There is at most one refund, found by the primary key of transfers. Without valid rows, there is none.
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
    errors, warnings, {REFUNDED}, {in_bulk("predictions")}
FROM predictions
"""
# The newest rows of the index by user, at most `$3` of them, however long the history is.
USAGE = f"""
SELECT (created_at AT TIME ZONE 'utc')::date AS day, model_name AS model, count(*) AS predictions,
    sum(valid_rows) AS rows,
    sum(row_price::bigint * valid_rows + coalesce(text_price::bigint * ((valid_text_bytes + 999) / 1000), 0))
        AS charged
FROM (
    SELECT created_at, model_name, valid_rows, row_price, text_price, valid_text_bytes FROM predictions
    WHERE {within("user_id, id", "$1", before=f"'{LAST}'::uuid", since="$2")}
    ORDER BY {newest_first("user_id, id")} LIMIT {hidden("$3")}
) AS newest
GROUP BY 1, 2 ORDER BY 1 DESC, 2
"""
GET = f"{STORED} WHERE id = $1 AND user_id = $2"
SEVERAL = f"{STORED} WHERE id = ANY ({given(1)})"
# If the value is compressed, PostgreSQL decompresses it only from its start to the end of this piece.
PIECE = f"""
SELECT substr(output, $3::int, {MOST_BYTES_AT_ONCE}) FROM predictions WHERE id = $1 AND user_id = $2
"""
WAITING = "SELECT count(*) FROM (SELECT FROM unfinished LIMIT $1) AS found"
# Ids sort by time, so the first one in the index is the oldest.
OLDEST = """
SELECT created_at FROM predictions
WHERE id = (SELECT prediction_id FROM unfinished ORDER BY prediction_id LIMIT 1)
"""
FINAL = f"""
SELECT id FROM predictions WHERE id = ANY ({given(1)}) AND status NOT IN ('queued', 'processing')
"""
INPUT = "SELECT input FROM predictions WHERE id = $1 AND user_id = $2"
STATUSES = f"SELECT id, status FROM predictions WHERE id = ANY ({given(1)})"
FORGET = """
UPDATE predictions SET input = NULL, output = NULL, errors = NULL, warnings = NULL
WHERE id = $1 AND user_id = $2 AND status NOT IN ('queued', 'processing')
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class PostgresPredictions(Predictions):
    pool: Pool
    reads: Reads

    @override
    async def get(self, prediction_id: PredictionId, *, owner: UserId) -> StoredPrediction:
        return await _get(self.pool, prediction_id, owner)

    @override
    async def piece(self, prediction_id: PredictionId, *, owner: UserId, begin: int) -> bytes:
        rows = await self.reads.fetch(PIECE, prediction_id, owner, begin + 1)
        if not rows:
            raise PredictionNotFound(prediction_id=prediction_id)
        return rows[0][0] or b""

    @override
    async def several(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        return [stored_prediction_of(row) for row in await fetch(self.pool, SEVERAL, list(ids))]

    @override
    async def listed(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        return [stored_prediction_of(row) for row in await fetch(self.pool, LISTED, list(ids))]

    @override
    async def page(
        self,
        owner: UserId,
        *,
        limit: int,
        before: PredictionId | None = None,
        status: Status | None = None,
        model: str | None = None,
    ) -> PredictionPage:
        if model is not None and not is_storable(model):
            return PredictionPage(())
        wanted = WantedPredictions(owner, before, status, None if model is None else _model(model))
        rows = await self.reads.fetch(*wanted.page(limit + 1))
        found = [stored_prediction_of(row) for row in rows if not wanted.is_scattered or row["fits"]]
        if len(found) > limit:
            return PredictionPage(found[:limit], found[limit - 1].prediction.id)
        looked_at_all = wanted.is_scattered and rows and rows[-1]["place"] == MOST_LOOKED_AT
        return PredictionPage(found, PredictionId(rows[-1]["id"]) if looked_at_all else None)

    @override
    async def usage(self, owner: UserId, *, since: datetime, most: int) -> Sequence[UsageOfDay]:
        rows = await fetch(self.pool, USAGE, owner, first_at(since), most)
        counts = ("predictions", "rows", "charged")
        return [UsageOfDay(row["day"], row["model"], *(int(row[name]) for name in counts)) for row in rows]

    @override
    async def waiting(self, *, at_most: int) -> int:
        rows = await fetch(self.pool, WAITING, at_most)
        return int(rows[0][0])

    @override
    async def oldest_waiting(self) -> datetime | None:
        rows = await fetch(self.pool, OLDEST)
        return rows[0]["created_at"] if rows else None

    @override
    async def final(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return [row["id"] for row in await fetch(self.pool, FINAL, list(ids))]

    @override
    async def statuses(self, ids: Collection[PredictionId]) -> Mapping[PredictionId, Status]:
        return {row["id"]: Status(row["status"]) for row in await fetch(self.pool, STATUSES, list(ids))}


@dataclass(frozen=True, slots=True)
class PostgresPredictionContents(PredictionContents):
    pool: Pool

    @override
    async def input_of(self, prediction_id: PredictionId, *, owner: UserId) -> Json | None:
        rows = await fetch(self.pool, INPUT, prediction_id, owner)
        if not rows:
            raise PredictionNotFound(prediction_id=prediction_id)
        return rows[0]["input"] or None

    @override
    async def forget(self, prediction_id: PredictionId, *, owner: UserId) -> None:
        if not await fetch(self.pool, FORGET, prediction_id, owner):
            stored = await _get(self.pool, prediction_id, owner)
            raise WrongStatus(status=stored.prediction.status)


async def _get(pool: Pool, prediction_id: PredictionId, owner: UserId) -> StoredPrediction:
    rows = await fetch(pool, GET, prediction_id, owner)
    if not rows:
        raise PredictionNotFound(prediction_id=prediction_id)
    return stored_prediction_of(rows[0])


def _model(text: str) -> tuple[str, int | None]:
    """Split `name` or `name@version`. An invalid version becomes -1, which no model has."""
    name, at, version = text.partition("@")
    if not at:
        return name, None
    known = version.isascii() and version.isdigit() and len(version) < 10
    return name, int(version) if known else -1
