"""The statement that settles predictions: results, credits, notices and webhooks in one transaction."""

from collections.abc import Sequence

from augury.application.predictions.ports.work import Finished
from augury.domain.prediction import Prediction
from augury.domain.webhook import EventType
from augury.outbound.postgres.array_columns import unless_empty
from augury.outbound.postgres.key_spending import GIVEN_BACK
from augury.outbound.postgres.prediction_rows import valid_text_bytes
from augury.outbound.postgres.row_errors import encoded_errors, encoded_warnings
from augury.outbound.postgres.transfer_rows import transfer_columns
from augury.outbound.postgres.webhook_outbox import telling

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

# Subtracts released credits from the spending of API keys.
_GIVEN_BACK = GIVEN_BACK.format(
    released="SELECT key_id, counted_on, available AS amount FROM ours JOIN result USING (id) "
    "WHERE available > 0"
)
# Notes the end of predictions without a price, which no transfer mentions.
_NOTED = """
, noted AS (
    INSERT INTO free_changes (user_id, prediction_id, ended)
    SELECT ours.user_id, id, true FROM ours JOIN result USING (id)
    WHERE result.held = 0 AND batch_id IS NULL AND (SELECT count(*) FROM locked) > 0
)"""

SETTLE = _SETTLE.format(noted="", given_back="")
"""If all predictions are charged in full, as they nearly always are."""
SETTLE_RELEASING = _SETTLE.format(noted="", given_back=_GIVEN_BACK)
"""If some predictions release credits."""
SETTLE_FREE = _SETTLE.format(noted=_NOTED, given_back=_GIVEN_BACK)
"""If some predictions have no price."""


def settle_of(predictions: Sequence[Prediction]) -> str:
    """The statement that settles these predictions. It has no part that none of them needs."""
    if any(each.price == 0 for each in predictions):
        return SETTLE_FREE
    if any(each.charged < each.price for each in predictions):
        return SETTLE_RELEASING
    return SETTLE


def settled_columns(finished: Sequence[Finished]) -> tuple[Sequence[object] | None, ...]:
    """The arguments of the statement, from $2 on."""
    predictions = [each.prediction for each in finished]
    settlements = [prediction.settlement() for prediction in predictions]
    transfers = [transfer for settlement in settlements for transfer in settlement]
    references, kinds, _, _, amounts = transfer_columns(transfers)
    return (
        [prediction.id for prediction in predictions],
        [prediction.status for prediction in predictions],
        [prediction.finished_at for prediction in predictions],
        [prediction.valid_rows for prediction in predictions],
        unless_empty([prediction.failure for prediction in predictions]),
        [each.output for each in finished],
        unless_empty([encoded_errors(each.errors) for each in finished]),
        unless_empty([encoded_warnings(each.warnings) for each in finished]),
        [prediction.price - prediction.charged for prediction in predictions],
        [-prediction.price for prediction in predictions],
        references,
        kinds,
        amounts,
        unless_empty([valid_text_bytes(prediction) for prediction in predictions]),
        [prediction.started_at for prediction in predictions],
    )
