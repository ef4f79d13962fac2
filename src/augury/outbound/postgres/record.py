"""Writes all changes of one transaction in one statement."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from augury.application.predictions.ports.sweeping import FIRST_CHECK
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId
from augury.domain.prediction import Prediction
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.webhook import EventType
from augury.outbound.postgres.intervals import interval, seconds
from augury.outbound.postgres.key_spending import GIVEN_BACK
from augury.outbound.postgres.pool import Connection
from augury.outbound.postgres.prediction_rows import valid_text_bytes
from augury.outbound.postgres.transfer_rows import Moves, transfer_columns
from augury.outbound.postgres.webhook_outbox import telling

_WITH_WEBHOOKS = "ARRAY (SELECT user_id FROM locked WHERE webhooks)"
_ENDED = telling(
    EventType.PREDICTION_FINISHED,
    of="(SELECT id, user_id FROM changed WHERE batch_id IS NULL AND status NOT IN ('queued', 'processing'))",
    users=_WITH_WEBHOOKS,
    subject="told.id",
)
_PAID = telling(
    EventType.PAYMENT_RECEIVED,
    of="(SELECT reference, user_id, amount FROM new_transfers WHERE kind = 'top_up')",
    users=_WITH_WEBHOOKS,
    facts="jsonb_build_object('reference', told.reference, 'credits', told.amount)",
)
# All balances are locked first, by user id, before any credits move. So the transfers of a user get their
# sequence numbers one transaction after another, and a page of them is stable.
_RECORD = f"""
WITH changed AS (
    UPDATE predictions p SET
        status = new.status, attempts = new.attempts, started_at = new.started_at,
        finished_at = new.finished_at, valid_rows = new.valid_rows, failure = new.failure,
        valid_text_bytes = new.valid_text_bytes,
        lease_token = NULL, lease_until = NULL
    FROM unnest(
        $1::uuid[], $2::text[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::text[],
        $8::int[]
    ) AS new (id, status, attempts, started_at, finished_at, valid_rows, failure, valid_text_bytes)
    WHERE p.id = new.id AND p.id = ANY ($1)
    RETURNING p.id, p.user_id, p.batch_id, p.status, p.expires_at, p.notify, p.key_id, p.counted_on
), noticed AS (
    INSERT INTO notices (prediction_id)
    SELECT id FROM changed WHERE notify AND status NOT IN ('queued', 'processing')
), ended AS (
    DELETE FROM unfinished
    WHERE prediction_id = ANY (ARRAY (SELECT id FROM changed WHERE status <> 'queued'))
), put_again AS (
    UPDATE unfinished u
    SET put_at = now(), due_at = least(now() + {interval(FIRST_CHECK)}, c.expires_at),
        wait = {seconds(FIRST_CHECK)}
    FROM changed c WHERE u.prediction_id = c.id AND c.status = 'queued' AND u.prediction_id = ANY ($1)
), remembered AS (
    INSERT INTO idempotency_keys (user_id, key, fingerprint, reference)
    SELECT user_id, key, fingerprint, reference
    FROM unnest($9::uuid[], $10::text[], $11::bytea[], $12::uuid[])
        AS new (user_id, key, fingerprint, reference)
), locked AS (
    SELECT user_id, webhooks FROM balances WHERE user_id = ANY ($13::uuid[]) ORDER BY user_id FOR UPDATE
), moved AS (
    UPDATE balances b SET
        available = b.available + move.available, held = b.held + move.held,
        pending = b.pending + move.pending, debt = b.debt + move.debt
    FROM unnest($13::uuid[], $14::bigint[], $15::bigint[], $16::int[], $17::bigint[])
        AS move (user_id, available, held, pending, debt)
    WHERE b.user_id = move.user_id AND b.user_id = ANY (ARRAY (SELECT user_id FROM locked))
    RETURNING b.user_id
), new_transfers AS (
    SELECT reference, kind, user_id, to_user_id, amount
    FROM unnest($18::uuid[], $19::text[], $20::uuid[], $21::uuid[], $22::bigint[])
        AS new (reference, kind, user_id, to_user_id, amount)
), transferred AS (
    INSERT INTO transfers (reference, kind, user_id, to_user_id, amount)
    SELECT reference, kind, user_id, to_user_id, amount FROM new_transfers
    WHERE (SELECT count(*) FROM locked) > 0
), told_of_ends AS ({_ENDED}), told_of_payments AS ({_PAID}), noted AS (
    INSERT INTO free_changes (user_id, prediction_id, ended)
    SELECT user_id, id, true FROM unnest($23::uuid[], $24::uuid[]) AS free (user_id, id)
    WHERE (SELECT count(*) FROM locked) > 0
)
{{given_back}}
SELECT (SELECT count(*) FROM moved) AS moved, (SELECT count(*) FROM changed) AS changed
"""
RECORD = _RECORD.format(given_back="")
_RELEASED = """
    SELECT key_id, counted_on, amount
    FROM changed JOIN unnest($18::uuid[], $19::text[], $22::bigint[]) AS moved (id, kind, amount) USING (id)
    WHERE kind = 'release'
"""
RECORD_RELEASING = _RECORD.format(given_back=GIVEN_BACK.format(released=_RELEASED))


async def record(
    connection: Connection,
    changed: Sequence[Prediction],
    transfers: Sequence[Transfer],
    keys: Mapping[UserId, tuple[IdempotencyKey, UUID]],
) -> None:
    moves = _moves(changed, transfers)
    releases = any(each.kind is TransferKind.RELEASE for each in transfers)
    row = await connection.fetchrow(
        RECORD_RELEASING if releases else RECORD,
        *_changed_columns(changed),
        *_key_columns(keys),
        *moves.columns(),
        [move.debt for move in moves.by_user.values()],
        *transfer_columns(transfers),
        *_free_columns(changed),
    )
    assert row is not None
    if (row["moved"], row["changed"]) != (len(moves.by_user), len(changed)):
        raise LookupError("a balance or a prediction to be changed is not in the books")


def _moves(changed: Sequence[Prediction], transfers: Sequence[Transfer]) -> Moves:
    moves = Moves()
    moves.add(transfers)
    for prediction in changed:
        if prediction.status.is_final and prediction.batch_id is None:
            moves.of(prediction.user_id).pending -= 1
    return moves


def _changed_columns(changed: Sequence[Prediction]) -> tuple[list[object], ...]:
    return (
        [prediction.id for prediction in changed],
        [prediction.status for prediction in changed],
        [prediction.attempts for prediction in changed],
        [prediction.started_at for prediction in changed],
        [prediction.finished_at for prediction in changed],
        [prediction.valid_rows for prediction in changed],
        [prediction.failure for prediction in changed],
        [valid_text_bytes(prediction) for prediction in changed],
    )


def _free_columns(changed: Sequence[Prediction]) -> tuple[list[object], ...]:
    """The users and ids of predictions without a price that have ended."""
    free = [each for each in changed if each.status.is_final and not each.price and each.batch_id is None]
    return [each.user_id for each in free], [each.id for each in free]


def _key_columns(keys: Mapping[UserId, tuple[IdempotencyKey, UUID]]) -> tuple[list[object], ...]:
    return (
        list(keys),
        [key.key for key, _ in keys.values()],
        [key.fingerprint for key, _ in keys.values()],
        [reference for _, reference in keys.values()],
    )
