"""Statements that let a worker start predictions: those it was handed, and the next ones of the bulk lane."""

from augury.application.predictions.ports.sweeping import FIRST_CHECK
from augury.outbound.postgres.intervals import seconds
from augury.outbound.postgres.pages import given

# Runs are recorded in `runs`, an unlogged table, so that a record costs no flush. It is lost only if the
# server crashes, which no input causes. Predictions of another run are left to that run, or to the worker
# that takes it over: a message may come twice, and an input that kills workers must not kill one more for
# each message.
_BEGIN = """
WITH ready AS (
    SELECT id, user_id, model_name, model_version, rows, row_price, single, batch_id, batch_number,
        created_at, expires_at, finished_at, valid_rows, failure, input, text_price, text_bytes,
        valid_text_bytes, explain, top, sum(rows{weight}) OVER by_id AS rows_so_far,
        sum(octet_length(input){weight}) OVER by_id AS bytes_so_far, row_number() OVER by_id AS place
    FROM predictions {weights}
    WHERE id = ANY ({ids}) AND status = 'queued' AND attempts = 0
        AND (expires_at IS NULL OR expires_at > now()) AND id NOT IN (SELECT unnest(ids) FROM runs)
    WINDOW by_id AS (ORDER BY id)
), begun AS (
    SELECT id, user_id, model_name, model_version, rows, row_price, single, batch_id, batch_number,
        created_at, expires_at, finished_at, valid_rows, failure, input, text_price, text_bytes,
        valid_text_bytes, explain, top
    FROM ready WHERE rows_so_far <= $3 AND bytes_so_far <= $4 OR place = 1
), noted AS (
    INSERT INTO runs (token, ids, begun_at, seen_at)
    SELECT $2, array_agg(id), now(), now() FROM begun HAVING count(*) > 0
)
SELECT id, user_id, model_name, model_version, rows, row_price, single, batch_id, batch_number, created_at,
    expires_at, finished_at, valid_rows, failure, input, text_price, text_bytes, valid_text_bytes,
    explain, top, 'processing' AS status, 1 AS attempts, now() AS started_at
FROM begun
"""

_WEIGHTS = """
    LEFT JOIN unnest($5::text[], $6::int[], $7::float8[]) AS slow (name, version, weight)
        ON name = model_name AND version = model_version
"""

BEGIN = _BEGIN.format(ids=given(1), weight="", weights="")

BEGIN_WEIGHTED = _BEGIN.format(ids=given(1), weight=" * coalesce(weight, 1)", weights=_WEIGHTS)
"""For workers that have found a version to be slow."""

CLAIM = f"""
WITH claimable AS (
    SELECT id, rows, octet_length(input) AS bytes FROM predictions
    WHERE id = ANY ({given(1)}) AND status = 'queued' AND (expires_at IS NULL OR expires_at > now())
    ORDER BY id FOR UPDATE SKIP LOCKED
), counted AS (
    SELECT id, sum(rows) OVER by_id AS rows_so_far, sum(bytes) OVER by_id AS bytes_so_far,
        row_number() OVER by_id AS place
    FROM claimable WINDOW by_id AS (ORDER BY id)
), claimed AS (
    UPDATE predictions p SET
        status = 'processing', attempts = p.attempts + 1, started_at = now(),
        lease_token = $2, lease_until = now() + $3::interval
    FROM counted
    WHERE p.id = counted.id AND p.id = ANY ({given(1)})
        AND (rows_so_far <= $4 AND bytes_so_far <= $5 OR place = 1)
    RETURNING p.id, p.user_id, p.model_name, p.model_version, p.rows, p.row_price, p.single, p.batch_id,
        p.batch_number, p.status, p.attempts,
        p.created_at, p.expires_at, p.started_at, p.finished_at, p.valid_rows, p.failure, p.input,
        p.text_price, p.text_bytes, p.valid_text_bytes, p.explain, p.top
), noted AS (
    INSERT INTO runs (token, ids, begun_at, seen_at)
    SELECT $2, array_agg(id), now(), now() FROM claimed HAVING count(*) > 0
)
SELECT id, user_id, model_name, model_version, rows, row_price, single, batch_id, batch_number, status,
    attempts, created_at, expires_at, started_at, finished_at, valid_rows, failure, input, text_price,
    text_bytes, valid_text_bytes, explain, top
FROM claimed
"""

# Waits for locked rows, such as the up to thousand rows that the sweeper locks at a time.
CLAIM_PATIENTLY = CLAIM.replace("FOR UPDATE SKIP LOCKED", "FOR UPDATE")

# Waiting users are found one by one along the index, however much work each has.
_WAITING = """
WITH RECURSIVE waiting (user_id) AS (
    (SELECT bulk_user FROM unfinished WHERE bulk_user IS NOT NULL ORDER BY bulk_user LIMIT 1)
    UNION ALL
    SELECT (SELECT bulk_user FROM unfinished WHERE bulk_user > waiting.user_id ORDER BY bulk_user LIMIT 1)
    FROM waiting WHERE waiting.user_id IS NOT NULL
)
"""

# Only predictions that this statement has locked leave the lane: those that it starts, and those that must
# not be started any more (expired, or claimed by their id), which the sweeper handles.
PICK = f"""{_WAITING}, picked AS (
    SELECT user_id FROM shares
    WHERE user_id = ANY (ARRAY (SELECT user_id FROM waiting WHERE user_id IS NOT NULL))
    ORDER BY finish, user_id LIMIT 1 FOR UPDATE SKIP LOCKED
), oldest AS (
    SELECT prediction_id, cost FROM unfinished
    WHERE bulk_user = (SELECT user_id FROM picked) ORDER BY prediction_id LIMIT $3
), locked AS (
    SELECT id, status = 'queued' AND attempts = 0 AND (expires_at IS NULL OR expires_at > now()) AS is_ready
    FROM predictions WHERE id = ANY (ARRAY (SELECT prediction_id FROM oldest))
    ORDER BY id FOR UPDATE SKIP LOCKED
), counted AS (
    SELECT id, cost, sum(cost) OVER by_id AS so_far, row_number() OVER by_id AS place
    FROM locked JOIN oldest ON prediction_id = id WHERE is_ready WINDOW by_id AS (ORDER BY id)
), begun AS (
    SELECT id, cost FROM counted WHERE so_far <= $4 OR place = 1
), claimed AS (
    UPDATE predictions p SET
        status = 'processing', attempts = p.attempts + 1, started_at = now(),
        lease_token = $1, lease_until = now() + $2::interval
    FROM begun WHERE p.id = begun.id AND p.id = ANY (ARRAY (SELECT prediction_id FROM oldest))
    RETURNING p.id, p.user_id, p.model_name, p.model_version, p.rows, p.row_price, p.single, p.status,
        p.attempts, p.created_at, p.expires_at, p.started_at, p.finished_at, p.valid_rows, p.failure, p.input,
        p.text_price, p.text_bytes, p.valid_text_bytes, p.batch_id, p.batch_number, p.explain, p.top
), noted AS (
    INSERT INTO runs (token, ids, begun_at, seen_at)
    SELECT $1, array_agg(id), now(), now() FROM begun HAVING count(*) > 0
), left_the_lane AS (
    UPDATE unfinished
    SET bulk_user = NULL, due_at = least(now() + $2::interval, due_at), wait = {seconds(FIRST_CHECK)}
    WHERE prediction_id = ANY (ARRAY (SELECT id FROM begun UNION SELECT id FROM locked WHERE NOT is_ready))
    RETURNING prediction_id
), served AS (
    UPDATE shares SET start = finish, finish = finish + (SELECT sum(cost) FROM begun) / weight
    WHERE user_id = (SELECT user_id FROM picked) AND EXISTS (SELECT FROM begun)
)
SELECT id, user_id, model_name, model_version, rows, row_price, single, status, attempts, created_at,
    expires_at, started_at, finished_at, valid_rows, failure, input, text_price, text_bytes,
    valid_text_bytes, batch_id, batch_number, explain, top,
    (SELECT count(*) FROM waiting WHERE user_id IS NOT NULL) AS users,
    (SELECT count(*) FROM left_the_lane) AS left_the_lane
FROM (SELECT) AS one LEFT JOIN claimed ON true
"""

# Only users whose oldest work fits: `place = 1` without it may be a later, larger prediction.
PICK_SHORT = PICK.replace(
    "    ORDER BY finish, user_id LIMIT 1 FOR",
    """        AND (
            SELECT cost FROM unfinished WHERE bulk_user = shares.user_id ORDER BY prediction_id LIMIT 1
        ) <= $4
    ORDER BY finish, user_id LIMIT 1 FOR""",
).replace("so_far <= $4 OR place = 1", "so_far <= $4")

# Waits for the user's turn, but never for predictions: it holds the turn, for which a submit waits that has
# locked a balance, and a cancel that has locked the predictions waits for the balance.
PICK_PATIENTLY = PICK.replace("LIMIT 1 FOR UPDATE SKIP LOCKED", "LIMIT 1 FOR UPDATE")

# Waits, without holding the turn, until nobody locks the oldest prediction of the next user.
AWAIT_UNLOCKED = f"""{_WAITING}
SELECT id FROM predictions WHERE id = (
    SELECT prediction_id FROM unfinished WHERE bulk_user = (
        SELECT user_id FROM shares
        WHERE user_id = ANY (ARRAY (SELECT user_id FROM waiting WHERE user_id IS NOT NULL))
        ORDER BY finish, user_id LIMIT 1
    ) ORDER BY prediction_id LIMIT 1
) FOR UPDATE
"""
