"""Predictions that workers run. Each statement is a separate transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.predictions.ports import Claimed, ClaimTerms, Finished, Work
from augury.domain.batch import SlicePlace
from augury.domain.identifiers import PredictionId
from augury.domain.webhook import EventType
from augury.outbound.postgres.key_spending import GIVEN_BACK
from augury.outbound.postgres.pages import given
from augury.outbound.postgres.prediction_rows import prediction_of, valid_text_bytes
from augury.outbound.postgres.query import Records, fetch
from augury.outbound.postgres.row_errors import encoded_errors, encoded_warnings
from augury.outbound.postgres.transfer_rows import transfer_columns
from augury.outbound.postgres.webhook_outbox import telling

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

# Waiting users are found one by one along the index, however much work each has. Only predictions that this
# statement has locked leave the lane: those that it starts, and those that must not be started any more
# (expired, or claimed by their id), which the sweeper handles.
PICK = """
WITH RECURSIVE waiting (user_id) AS (
    (SELECT bulk_user FROM unfinished WHERE bulk_user IS NOT NULL ORDER BY bulk_user LIMIT 1)
    UNION ALL
    SELECT (SELECT bulk_user FROM unfinished WHERE bulk_user > waiting.user_id ORDER BY bulk_user LIMIT 1)
    FROM waiting WHERE waiting.user_id IS NOT NULL
), picked AS (
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
    UPDATE unfinished SET bulk_user = NULL, due_at = least(now() + $2::interval, due_at), wait = 30
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

# Waits for the user's turn, and for locked rows, if others have locked everything.
PICK_PATIENTLY = PICK.replace("FOR UPDATE SKIP LOCKED", "FOR UPDATE")

RENEW = f"""
WITH seen AS (
    UPDATE runs SET seen_at = now() WHERE token = $1 RETURNING begun_at
), due AS (
    SELECT id FROM predictions
    WHERE id = ANY ({given(2)}) AND (
        status = 'processing' AND lease_token = $1 AND lease_until < now() + $3::interval * 2 / 3
        OR status = 'queued' AND attempts = 0 AND EXISTS (SELECT FROM seen)
    )
    ORDER BY id FOR UPDATE
), renewed AS (
    UPDATE predictions p SET
        status = 'processing', attempts = greatest(p.attempts, 1),
        started_at = coalesce(p.started_at, (SELECT begun_at FROM seen)),
        lease_token = $1, lease_until = now() + $3::interval
    WHERE p.id = ANY (ARRAY (SELECT id FROM due)) RETURNING p.id
)
SELECT id FROM renewed
UNION SELECT id FROM predictions WHERE id = ANY ({given(2)}) AND status = 'processing' AND lease_token = $1
"""

# A batch's slices cause no events; its end does.
_TOLD = telling(
    EventType.PREDICTION_FINISHED,
    of="(SELECT id, user_id FROM ours WHERE batch_id IS NULL)",
    users="ARRAY (SELECT user_id FROM locked WHERE webhooks)",
    subject="told.id",
)

# Credits move only after all predictions, and then all balances are locked: `ARRAY` and `count` read their
# subqueries to the end. Balances are locked last, since others wait for them.
_SETTLE = f"""
WITH result AS (
    SELECT id, status, finished_at, valid_rows, failure, output, errors, warnings, available, held,
        valid_text_bytes, started_at
    FROM unnest(
        $2::uuid[], $3::text[], $4::timestamptz[], $5::int[], $6::text[], $7::bytea[], $8::bytea[],
        $9::bytea[], $10::bigint[], $11::bigint[], $15::int[], $16::timestamptz[]
    ) AS result (
        id, status, finished_at, valid_rows, failure, output, errors, warnings, available, held,
        valid_text_bytes, started_at
    )
), ours AS (
    SELECT id, user_id, batch_id, key_id, counted_on FROM predictions
    WHERE id = ANY ($2::uuid[])
        AND (status = 'processing' AND lease_token = $1 OR status = 'queued' AND attempts = 0)
    ORDER BY id FOR UPDATE
), settled AS (
    UPDATE predictions p SET
        status = result.status, finished_at = result.finished_at, valid_rows = result.valid_rows,
        failure = result.failure, output = result.output, errors = result.errors,
        warnings = result.warnings, valid_text_bytes = result.valid_text_bytes,
        attempts = greatest(p.attempts, 1), started_at = coalesce(p.started_at, result.started_at),
        lease_token = NULL, lease_until = NULL
    FROM ours JOIN result USING (id) WHERE p.id = ours.id AND p.id = ANY ($2)
    RETURNING p.id, p.user_id, p.notify
), noticed AS (
    INSERT INTO notices (prediction_id) SELECT id FROM settled WHERE notify
), locked AS (
    SELECT user_id, webhooks FROM balances WHERE user_id = ANY (ARRAY (SELECT user_id FROM settled))
    ORDER BY user_id FOR UPDATE
), moved AS (
    UPDATE balances b SET
        available = b.available + move.available, held = b.held + move.held,
        pending = b.pending - move.pending
    FROM (
        SELECT user_id, sum(available)::bigint AS available, sum(held)::bigint AS held,
            count(*) FILTER (WHERE batch_id IS NULL) AS pending
        FROM ours JOIN result USING (id) GROUP BY user_id
    ) AS move
    WHERE b.user_id = move.user_id AND b.user_id = ANY (ARRAY (SELECT user_id FROM locked))
), transferred AS (
    INSERT INTO transfers (reference, kind, user_id, amount)
    SELECT reference, kind, ours.user_id, amount
    FROM unnest($12::uuid[], $13::text[], $14::bigint[]) AS transfer (reference, kind, amount)
    JOIN ours ON ours.id = reference
    WHERE (SELECT count(*) FROM locked) > 0
), ended AS (
    DELETE FROM unfinished WHERE prediction_id = ANY (ARRAY (SELECT id FROM ours))
){{noted}}, told AS ({_TOLD}), run AS (
    DELETE FROM runs WHERE token = $1
)
{{given_back}}
SELECT id FROM settled
"""
# Subtracts released credits from the spending of API keys. Almost all predictions are charged in full, and
# are settled without this part.
_RELEASED = (
    "SELECT key_id, counted_on, available AS amount FROM ours JOIN result USING (id) WHERE available > 0"
)
_GIVEN_BACK = GIVEN_BACK.format(released=_RELEASED)
# Notes the end of predictions without a price, which no transfer mentions.
_NOTED = """
, noted AS (
    INSERT INTO free_changes (user_id, prediction_id, ended)
    SELECT ours.user_id, id, true FROM ours JOIN result USING (id)
    WHERE result.held = 0 AND batch_id IS NULL AND (SELECT count(*) FROM locked) > 0
)"""
SETTLE = _SETTLE.format(noted="", given_back="")
SETTLE_RELEASING = _SETTLE.format(noted="", given_back=_GIVEN_BACK)
SETTLE_FREE = _SETTLE.format(noted=_NOTED, given_back=_GIVEN_BACK)

# `put_at` stays: if the broker does not deliver the message again, it counts as lost at the next check.
HAND_BACK = f"""
WITH leased AS (
    SELECT id, user_id FROM predictions
    WHERE id = ANY ({given(2)}) AND status = 'processing' AND lease_token = $1
    ORDER BY id FOR UPDATE
), handed_back AS (
    UPDATE predictions p SET
        status = 'queued', attempts = attempts - 1, started_at = NULL, lease_token = NULL, lease_until = NULL
    FROM leased WHERE p.id = leased.id AND p.id = ANY ({given(2)})
    RETURNING p.id, p.user_id, p.attempts, p.expires_at
), to_look_at AS (
    UPDATE unfinished u SET
        due_at = least(now() + interval '30 seconds', expires_at), wait = 30,
        bulk_user = CASE WHEN cost IS NOT NULL AND attempts = 0 THEN user_id END
    FROM handed_back WHERE u.prediction_id = handed_back.id AND u.prediction_id = ANY ({given(2)})
    RETURNING u.bulk_user, u.cost
), given_back AS (
    UPDATE shares s SET finish = greatest(finish - back.cost / weight, least(finish, lane.time))
    FROM (SELECT bulk_user, sum(cost) AS cost FROM to_look_at WHERE bulk_user IS NOT NULL GROUP BY bulk_user)
        AS back, LATERAL (SELECT max(start) AS time FROM shares) AS lane
    WHERE s.user_id = back.bulk_user
), run AS (
    DELETE FROM runs WHERE token = $1
)
SELECT id FROM handed_back
"""

RUN_OF = "SELECT unnest(ids) AS id FROM runs WHERE token = $1"
BEGUN = "SELECT id FROM unnest($1::uuid[]) AS asked (id) WHERE id IN (SELECT unnest(ids) FROM runs)"

UNKNOWN = """
SELECT id FROM unnest($1::uuid[]) AS asked (id)
WHERE NOT EXISTS (SELECT FROM predictions p WHERE p.id = asked.id)
"""


@dataclass(frozen=True, slots=True)
class PostgresWork(Work):
    pool: Pool

    @override
    async def begin(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        asked = (list(ids), terms.token, terms.most_rows, terms.most_bytes)
        if not (slow := terms.weights):
            return _claimed(await fetch(self.pool, BEGIN, *asked))
        weights = ([ref.name for ref in slow], [ref.version for ref in slow], list(slow.values()))
        return _claimed(await fetch(self.pool, BEGIN_WEIGHTED, *asked, *weights))

    @override
    async def claim(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        """Skips predictions that others have locked, but waits for them if there are no others."""
        asked = (list(ids), terms.token, terms.lease, terms.most_rows, terms.most_bytes)
        rows = await fetch(self.pool, CLAIM, *asked) or await fetch(self.pool, CLAIM_PATIENTLY, *asked)
        return _claimed(rows)

    @override
    async def pick(self, *, token: UUID, lease: timedelta, most: int, most_cost: int) -> Sequence[Claimed]:
        asked = (token, lease, most, most_cost)
        statement = PICK
        while True:
            rows = await fetch(self.pool, statement, *asked)
            if rows[0]["id"] is not None:
                return _claimed(rows)
            if not rows[0]["users"]:
                return ()
            if not rows[0]["left_the_lane"]:
                if statement is PICK_PATIENTLY:  # others have just taken everything
                    return ()
                statement = PICK_PATIENTLY

    @override
    async def renew(self, token: UUID, *, lease: timedelta, ids: Collection[PredictionId]) -> int:
        return len(await fetch(self.pool, RENEW, token, list(ids), lease))

    @override
    async def settle(self, token: UUID, finished: Sequence[Finished]) -> Sequence[PredictionId]:
        predictions = [each.prediction for each in finished]
        if any(each.price == 0 for each in predictions):
            statement = SETTLE_FREE
        elif any(each.charged < each.price for each in predictions):
            statement = SETTLE_RELEASING
        else:
            statement = SETTLE
        rows = await fetch(self.pool, statement, token, *_columns(finished))
        return [row["id"] for row in rows]

    @override
    async def hand_back(self, token: UUID, ids: Collection[PredictionId]) -> Sequence[PredictionId]:
        return [row["id"] for row in await fetch(self.pool, HAND_BACK, token, list(ids))]

    @override
    async def run_of(self, token: UUID) -> Sequence[PredictionId]:
        return [PredictionId(row["id"]) for row in await fetch(self.pool, RUN_OF, token)]

    @override
    async def begun(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return {PredictionId(row["id"]) for row in await fetch(self.pool, BEGUN, list(ids))}

    @override
    async def unknown(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return {PredictionId(row["id"]) for row in await fetch(self.pool, UNKNOWN, list(ids))}


def _claimed(rows: Records) -> list[Claimed]:
    claimed = [
        Claimed(prediction_of(row), row["input"], _place_of(row), row["explain"], row["top"]) for row in rows
    ]
    return sorted(claimed, key=lambda each: each.prediction.id)


def _place_of(row: Record) -> SlicePlace | None:
    return None if row["batch_id"] is None else SlicePlace(row["batch_id"], row["batch_number"])


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
        [valid_text_bytes(prediction) for prediction in predictions],
        [prediction.started_at for prediction in predictions],
    )
