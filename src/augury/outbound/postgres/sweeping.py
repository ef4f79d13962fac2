"""Finds the predictions that the sweeper must repair, in `unfinished`, which is as small as the backlog."""

from datetime import datetime, timedelta

from augury.application.predictions.ports.sweeping import LAST_CHECK, Due
from augury.domain.prediction import Prediction
from augury.outbound.postgres import locks
from augury.outbound.postgres.intervals import seconds
from augury.outbound.postgres.pool import Connection
from augury.outbound.postgres.prediction_rows import prediction_of

# Predictions that the queue has passed come first: only they can be lost or abandoned. The others are checked
# in turn and postponed, so that a long backlog does not hide a lost message.
LOOK = f"""
WITH candidates AS (
    SELECT prediction_id, put_at, wait, bulk_user FROM unfinished
    WHERE $3 OR due_at <= now()
    ORDER BY put_at < $2 AND bulk_user IS NULL DESC NULLS LAST, due_at, prediction_id
    LIMIT $1
), found AS (
    SELECT p.id, p.user_id, p.model_name, p.model_version, p.rows, p.row_price, p.single, p.batch_id,
        p.status, p.attempts, p.created_at, p.expires_at, p.started_at, p.finished_at, p.valid_rows,
        p.failure, p.text_price, p.text_bytes, p.valid_text_bytes, p.lease_until, c.wait,
        CASE
            WHEN p.lease_until <= now() THEN 'abandoned'
            WHEN p.status = 'processing' THEN 'running'
            WHEN p.attempts = 0 AND p.id IN (SELECT unnest(ids) FROM runs) THEN 'running'
            WHEN p.expires_at <= now() THEN 'expired'
            WHEN c.put_at < $2 AND c.bulk_user IS NULL THEN 'lost'
            ELSE 'waiting'
        END AS finding
    FROM candidates c JOIN predictions p ON p.id = c.prediction_id
    WHERE p.status IN ('queued', 'processing') AND p.id = ANY (ARRAY (SELECT prediction_id FROM candidates))
    ORDER BY p.id FOR UPDATE OF p SKIP LOCKED
), looked_at AS (
    UPDATE unfinished u SET
        put_at = CASE finding WHEN 'lost' THEN now() ELSE put_at END,
        wait = next_wait,
        due_at = CASE finding
            WHEN 'running' THEN coalesce(lease_until, now() + next_wait * interval '1 second')
            ELSE least(now() + next_wait * (0.9 + 0.2 * random()) * interval '1 second', expires_at)
        END
    FROM (
        SELECT id, finding, lease_until, expires_at,
            CASE finding WHEN 'lost' THEN least(2 * wait, {seconds(LAST_CHECK)}) ELSE wait END AS next_wait
        FROM found WHERE finding IN ('lost', 'waiting', 'running')
    ) AS seen
    WHERE u.prediction_id = seen.id AND u.prediction_id = ANY (ARRAY (SELECT id FROM found))
)
SELECT id, user_id, model_name, model_version, rows, row_price, single, batch_id, status, attempts,
    created_at, expires_at, started_at, finished_at, valid_rows, failure, text_price, text_bytes,
    valid_text_bytes, finding
FROM found WHERE finding IN ('lost', 'expired', 'abandoned')
"""

# A prediction that is still queued was begun, but not claimed. It is returned as started, because the attempt
# counts.
LEFT = """
WITH silent AS (
    DELETE FROM runs WHERE seen_at < now() - $1::interval RETURNING token, begun_at, ids
), begun AS (
    SELECT token, begun_at, unnest(ids) AS id FROM silent
)
SELECT p.id, p.user_id, p.model_name, p.model_version, p.rows, p.row_price, p.single, p.batch_id,
    'processing' AS status, greatest(p.attempts, 1) AS attempts, p.created_at, p.expires_at,
    coalesce(p.started_at, begun_at) AS started_at, p.finished_at, p.valid_rows, p.failure, p.text_price,
    p.text_bytes, p.valid_text_bytes
FROM begun JOIN predictions p USING (id)
WHERE p.id = ANY (ARRAY (SELECT id FROM begun))
    AND (p.status = 'processing' AND p.lease_token = begun.token OR p.status = 'queued' AND p.attempts = 0)
ORDER BY p.id FOR UPDATE OF p
"""


async def left(connection: Connection, silent_for: timedelta) -> list[Prediction]:
    found = {row["id"]: prediction_of(row) for row in await connection.fetch(LEFT, silent_for)}
    return list(found.values())


async def due(connection: Connection, limit: int, *, put_before: datetime | None, early: bool) -> Due:
    found: dict[str, list[Prediction]] = {"lost": [], "expired": [], "abandoned": []}
    # A separate statement, so that the next one sees what the previous sweep committed.
    if await connection.fetchval(locks.TRY, locks.SWEEPING):
        for row in await connection.fetch(LOOK, limit, put_before, early):
            found[row["finding"]].append(prediction_of(row))
    for predictions in found.values():
        predictions.sort(key=lambda prediction: prediction.id)
    return Due(**found)
