"""Writes all changes of one transaction in one statement."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from augury.application.ports import Accepted, IdempotencyKey
from augury.domain.balance import Transfer
from augury.domain.identifiers import UserId
from augury.domain.prediction import Prediction
from augury.outbound.postgres.pool import Connection
from augury.outbound.postgres.prediction_rows import valid_text_bytes
from augury.outbound.postgres.transfer_rows import Moves, transfer_columns

# All balances are locked first, by user id, before anything moves or is transferred. So the transfers of a
# user get their sequence numbers one transaction after another, and a page of them is stable. The sweeper
# checks work in the bulk lane only every ten minutes, because lost tickets are noticed in another way. A user
# who had no waiting work there starts at the lane's time, as in `Share.returned`.
RECORD = """
WITH accepted AS (
    INSERT INTO predictions (
        id, user_id, model_name, model_version, rows, row_price, single, created_at, expires_at, input,
        notify, status, attempts, valid_rows, text_price, text_bytes
    )
    SELECT new.id, user_id, name, version, rows, price, single, created_at, new.expires_at, input, notify,
        'queued', 0, 0, text_price, text_bytes
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::int[], $6::int[], $7::bool[], $8::timestamptz[],
        $9::timestamptz[], $10::bytea[], $31::bool[], $33::int[], $34::int[]
    ) AS new (
        id, user_id, name, version, rows, price, single, created_at, expires_at, input, notify, text_price,
        text_bytes
    )
), to_look_at AS (
    INSERT INTO unfinished (prediction_id, put_at, due_at, wait, bulk_user, cost)
    SELECT id, now(), least(now() + wait * interval '1 second', expires_at), wait, bulk_user, cost
    FROM (
        SELECT id, expires_at, cost, CASE WHEN cost IS NULL THEN 30 ELSE 600 END AS wait,
            CASE WHEN cost IS NOT NULL THEN user_id END AS bulk_user
        FROM unnest($1::uuid[], $2::uuid[], $9::timestamptz[], $32::int[])
            AS new (id, user_id, expires_at, cost)
    ) AS new
), shared AS (
    INSERT INTO shares (user_id, start, finish)
    SELECT user_id, lane.time, lane.time
    FROM (
        SELECT DISTINCT user_id FROM unnest($2::uuid[], $32::int[]) AS new (user_id, cost)
        WHERE cost IS NOT NULL ORDER BY user_id
    ) AS new, LATERAL (SELECT coalesce(max(start), 0) AS time FROM shares) AS lane
    ON CONFLICT (user_id) DO UPDATE SET finish = greatest(shares.finish, excluded.finish)
    WHERE NOT EXISTS (SELECT FROM unfinished WHERE bulk_user = shares.user_id)
), changed AS (
    UPDATE predictions p SET
        status = new.status, attempts = new.attempts, started_at = new.started_at,
        finished_at = new.finished_at, valid_rows = new.valid_rows, failure = new.failure,
        valid_text_bytes = new.valid_text_bytes,
        lease_token = NULL, lease_until = NULL
    FROM unnest(
        $11::uuid[], $12::text[], $13::int[], $14::timestamptz[], $15::timestamptz[], $16::int[], $17::text[],
        $35::int[]
    ) AS new (id, status, attempts, started_at, finished_at, valid_rows, failure, valid_text_bytes)
    WHERE p.id = new.id AND p.id = ANY ($11)
    RETURNING p.id, p.status, p.expires_at, p.notify
), noticed AS (
    INSERT INTO notices (prediction_id)
    SELECT id FROM changed WHERE notify AND status NOT IN ('queued', 'processing')
), ended AS (
    DELETE FROM unfinished
    WHERE prediction_id = ANY (ARRAY (SELECT id FROM changed WHERE status <> 'queued'))
), put_again AS (
    UPDATE unfinished u
    SET put_at = now(), due_at = least(now() + interval '30 seconds', c.expires_at), wait = 30
    FROM changed c WHERE u.prediction_id = c.id AND c.status = 'queued' AND u.prediction_id = ANY ($11)
), remembered AS (
    INSERT INTO idempotency_keys (user_id, key, fingerprint, reference)
    SELECT user_id, key, fingerprint, reference
    FROM unnest($18::uuid[], $19::text[], $20::bytea[], $21::uuid[])
        AS new (user_id, key, fingerprint, reference)
), locked AS (
    SELECT user_id FROM balances WHERE user_id = ANY ($22::uuid[]) ORDER BY user_id FOR UPDATE
), moved AS (
    UPDATE balances b SET
        available = b.available + move.available, held = b.held + move.held,
        pending = b.pending + move.pending, debt = b.debt + move.debt
    FROM unnest($22::uuid[], $23::bigint[], $24::bigint[], $25::int[], $36::bigint[])
        AS move (user_id, available, held, pending, debt)
    WHERE b.user_id = move.user_id AND b.user_id = ANY (ARRAY (SELECT user_id FROM locked))
    RETURNING b.user_id
), transferred AS (
    INSERT INTO transfers (reference, kind, user_id, to_user_id, amount)
    SELECT reference, kind, user_id, to_user_id, amount
    FROM unnest($26::uuid[], $27::text[], $28::uuid[], $29::uuid[], $30::bigint[])
        AS new (reference, kind, user_id, to_user_id, amount)
    WHERE (SELECT count(*) FROM locked) > 0
)
SELECT (SELECT count(*) FROM moved) AS moved, (SELECT count(*) FROM changed) AS changed
"""


async def record(
    connection: Connection,
    accepted: Sequence[Accepted],
    changed: Sequence[Prediction],
    transfers: Sequence[Transfer],
    keys: Mapping[UserId, tuple[IdempotencyKey, UUID]],
) -> None:
    moves = _moves(accepted, changed, transfers)
    row = await connection.fetchrow(
        RECORD,
        *_accepted_columns(accepted),
        *_changed_columns(changed),
        *_key_columns(accepted, keys),
        *moves.columns(),
        *transfer_columns(transfers),
        [each.notify for each in accepted],
        [each.bulk_cost for each in accepted],
        *_text_columns(accepted),
        [valid_text_bytes(prediction) for prediction in changed],
        [move.debt for move in moves.by_user.values()],
    )
    assert row is not None
    if (row["moved"], row["changed"]) != (len(moves.by_user), len(changed)):
        raise LookupError("a balance or a prediction to be changed is not in the books")


def _moves(
    accepted: Sequence[Accepted], changed: Sequence[Prediction], transfers: Sequence[Transfer]
) -> Moves:
    moves = Moves()
    moves.add(transfers)
    for each in accepted:
        moves.of(each.prediction.user_id).pending += 1
    for prediction in changed:
        if prediction.status.is_final and prediction.batch_id is None:
            moves.of(prediction.user_id).pending -= 1
    return moves


def _accepted_columns(accepted: Sequence[Accepted]) -> tuple[list[object], ...]:
    predictions = [each.prediction for each in accepted]
    return (
        [prediction.id for prediction in predictions],
        [prediction.user_id for prediction in predictions],
        [prediction.model.name for prediction in predictions],
        [prediction.model.version for prediction in predictions],
        [prediction.rows for prediction in predictions],
        [prediction.row_price for prediction in predictions],
        [prediction.single for prediction in predictions],
        [prediction.created_at for prediction in predictions],
        [prediction.expires_at for prediction in predictions],
        [each.input for each in accepted],
    )


def _text_columns(accepted: Sequence[Accepted]) -> tuple[list[object], ...]:
    """The text's price and bytes, null where text is free."""
    predictions = [each.prediction for each in accepted]
    return (
        [prediction.text_price or None for prediction in predictions],
        [prediction.text_bytes if prediction.text_price else None for prediction in predictions],
    )


def _changed_columns(changed: Sequence[Prediction]) -> tuple[list[object], ...]:
    return (
        [prediction.id for prediction in changed],
        [prediction.status for prediction in changed],
        [prediction.attempts for prediction in changed],
        [prediction.started_at for prediction in changed],
        [prediction.finished_at for prediction in changed],
        [prediction.valid_rows for prediction in changed],
        [prediction.failure for prediction in changed],
    )


def _key_columns(
    accepted: Sequence[Accepted], keys: Mapping[UserId, tuple[IdempotencyKey, UUID]]
) -> tuple[list[object], ...]:
    entries: list[tuple[UserId, IdempotencyKey, UUID]] = [
        (each.prediction.user_id, each.key, each.prediction.id) for each in accepted if each.key
    ]
    entries += [(user_id, key, reference) for user_id, (key, reference) in keys.items()]
    return (
        [user_id for user_id, _, _ in entries],
        [key.key for _, key, _ in entries],
        [key.fingerprint for _, key, _ in entries],
        [reference for _, _, reference in entries],
    )
