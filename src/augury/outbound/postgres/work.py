"""Predictions under a lease. Each statement is a transaction of its own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from asyncpg import Pool
from typing_extensions import override

from augury.application.predictions.ports import Claimed, Finished, Work
from augury.domain.identifiers import PredictionId
from augury.outbound.postgres.prediction_rows import prediction_of
from augury.outbound.postgres.query import fetch
from augury.outbound.postgres.row_errors import encoded_errors, encoded_warnings
from augury.outbound.postgres.transfer_rows import transfer_columns

CLAIM = """
WITH claimable AS (
    SELECT id, rows, octet_length(input) AS bytes FROM predictions
    WHERE id = ANY ($1::uuid[]) AND status = 'queued' AND (attempts = 0 OR $4)
        AND (expires_at IS NULL OR expires_at > now())
    ORDER BY id FOR UPDATE SKIP LOCKED
), counted AS (
    SELECT id, sum(rows) OVER by_id AS rows_so_far, sum(bytes) OVER by_id AS bytes_so_far,
        row_number() OVER by_id AS place
    FROM claimable WINDOW by_id AS (ORDER BY id)
)
UPDATE predictions p SET
    status = 'processing', attempts = p.attempts + 1, started_at = now(),
    lease_token = $2, lease_until = now() + $3::interval
FROM counted
WHERE p.id = counted.id AND p.id = ANY ($1) AND (rows_so_far <= $5 AND bytes_so_far <= $6 OR place = 1)
RETURNING p.id, p.user_id, p.model_name, p.model_version, p.rows, p.row_price, p.single, p.status, p.attempts,
    p.created_at, p.expires_at, p.started_at, p.finished_at, p.valid_rows, p.failure, p.input
"""

# Waits for locked rows, such as the up to thousand rows that the sweeper locks at a time.
CLAIM_PATIENTLY = CLAIM.replace("FOR UPDATE SKIP LOCKED", "FOR UPDATE")

RENEW = """
WITH leased AS (
    SELECT id, user_id FROM predictions
    WHERE id = ANY ($2::uuid[]) AND status = 'processing' AND lease_token = $1
    ORDER BY id FOR UPDATE
)
UPDATE predictions SET lease_until = now() + $3::interval
WHERE id = ANY (ARRAY (SELECT id FROM leased)) RETURNING id
"""

# Credits move only after all predictions, and then all balances are locked: `ARRAY` and `count` read their
# subqueries to the end.
SETTLE = """
WITH result AS (
    SELECT id, status, finished_at, valid_rows, failure, output, errors, warnings, available, held
    FROM unnest(
        $2::uuid[], $3::text[], $4::timestamptz[], $5::int[], $6::text[], $7::bytea[], $8::bytea[],
        $9::bytea[], $10::bigint[], $11::bigint[]
    ) AS result (id, status, finished_at, valid_rows, failure, output, errors, warnings, available, held)
), leased AS (
    SELECT id, user_id FROM predictions
    WHERE id = ANY ($2::uuid[]) AND status = 'processing' AND lease_token = $1
    ORDER BY id FOR UPDATE
), locked AS (
    SELECT user_id FROM balances WHERE user_id = ANY (ARRAY (SELECT user_id FROM leased))
    ORDER BY user_id FOR UPDATE
), settled AS (
    UPDATE predictions p SET
        status = result.status, finished_at = result.finished_at, valid_rows = result.valid_rows,
        failure = result.failure, output = result.output, errors = result.errors,
        warnings = result.warnings,
        lease_token = NULL, lease_until = NULL
    FROM leased JOIN result USING (id) WHERE p.id = leased.id AND p.id = ANY ($2)
    RETURNING p.id, p.notify
), noticed AS (
    INSERT INTO notices (prediction_id) SELECT id FROM settled WHERE notify
), ended AS (
    DELETE FROM unfinished WHERE prediction_id = ANY (ARRAY (SELECT id FROM leased))
), moved AS (
    UPDATE balances b SET
        available = b.available + move.available, held = b.held + move.held,
        pending = b.pending - move.pending
    FROM (
        SELECT user_id, sum(available)::bigint AS available, sum(held)::bigint AS held, count(*) AS pending
        FROM leased JOIN result USING (id) GROUP BY user_id
    ) AS move
    WHERE b.user_id = move.user_id AND b.user_id = ANY (ARRAY (SELECT user_id FROM locked))
), transferred AS (
    INSERT INTO transfers (reference, kind, user_id, amount)
    SELECT reference, kind, leased.user_id, amount
    FROM unnest($12::uuid[], $13::text[], $14::bigint[]) AS transfer (reference, kind, amount)
    JOIN leased ON leased.id = reference
    WHERE (SELECT count(*) FROM locked) > 0
)
SELECT id FROM settled
"""

# `put_at` stays: if the broker does not deliver the message again, it counts as lost at the next check.
HAND_BACK = """
WITH leased AS (
    SELECT id, user_id FROM predictions
    WHERE id = ANY ($2::uuid[]) AND status = 'processing' AND lease_token = $1
    ORDER BY id FOR UPDATE
), handed_back AS (
    UPDATE predictions p SET
        status = 'queued', attempts = attempts - 1, started_at = NULL, lease_token = NULL, lease_until = NULL
    FROM leased WHERE p.id = leased.id AND p.id = ANY ($2)
    RETURNING p.id, p.expires_at
), to_look_at AS (
    UPDATE unfinished u SET due_at = least(now() + interval '30 seconds', expires_at), wait = 30
    FROM handed_back WHERE u.prediction_id = handed_back.id AND u.prediction_id = ANY ($2)
)
SELECT id FROM handed_back
"""

UNKNOWN = """
SELECT id FROM unnest($1::uuid[]) AS asked (id)
WHERE NOT EXISTS (SELECT FROM predictions p WHERE p.id = asked.id)
"""


@dataclass(frozen=True, slots=True)
class PostgresWork(Work):
    pool: Pool

    @override
    async def claim(
        self,
        ids: Collection[PredictionId],
        *,
        token: UUID,
        lease: timedelta,
        retries: bool,
        most_rows: int,
        most_bytes: int,
    ) -> Sequence[Claimed]:
        """Skips predictions that others have locked, but waits for them if there are no others."""
        asked = (list(ids), token, lease, retries, most_rows, most_bytes)
        rows = await fetch(self.pool, CLAIM, *asked) or await fetch(self.pool, CLAIM_PATIENTLY, *asked)
        claimed = [Claimed(prediction_of(row), row["input"]) for row in rows]
        return sorted(claimed, key=lambda each: each.prediction.id)

    @override
    async def renew(self, token: UUID, *, lease: timedelta, ids: Collection[PredictionId]) -> int:
        return len(await fetch(self.pool, RENEW, token, list(ids), lease))

    @override
    async def settle(self, token: UUID, finished: Sequence[Finished]) -> Sequence[PredictionId]:
        return [row["id"] for row in await fetch(self.pool, SETTLE, token, *_columns(finished))]

    @override
    async def hand_back(self, token: UUID, ids: Collection[PredictionId]) -> Sequence[PredictionId]:
        return [row["id"] for row in await fetch(self.pool, HAND_BACK, token, list(ids))]

    @override
    async def unknown(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return {PredictionId(row["id"]) for row in await fetch(self.pool, UNKNOWN, list(ids))}


def _columns(finished: Sequence[Finished]) -> tuple[list[object], ...]:
    predictions = [each.prediction for each in finished]
    settlements = [prediction.settlement() for prediction in predictions]
    transfers = [transfer for settlement in settlements for transfer in settlement]
    references, kinds, _, _, amounts = transfer_columns(transfers)
    return (
        [prediction.id for prediction in predictions],
        [prediction.status for prediction in predictions],
        [prediction.finished_at for prediction in predictions],
        [prediction.valid_rows for prediction in predictions],
        [prediction.failure for prediction in predictions],
        [each.output for each in finished],
        [encoded_errors(each.errors) for each in finished],
        [encoded_warnings(each.warnings) for each in finished],
        [prediction.price - prediction.charged for prediction in predictions],
        [-prediction.price for prediction in predictions],
        references,
        kinds,
        amounts,
    )
