"""The part of a transaction over the books that concerns batches."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from augury.application.predictions.ports.sweeping import LAST_CHECK
from augury.domain.batch import Batch
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import BatchId, UserId
from augury.domain.prediction import Prediction
from augury.domain.transfer import Transfer
from augury.outbound.postgres.intervals import interval, seconds
from augury.outbound.postgres.key_spending import DAY_SPENT, MONTH_SPENT, TODAY
from augury.outbound.postgres.pool import Connection
from augury.outbound.postgres.prediction_rows import COLUMNS, prediction_of
from augury.outbound.postgres.transfer_rows import Moves, transfer_columns

# Slices share the values of their batch. Only what differs is sent as arrays: ids, rows, text, transfers and
# costs. The balance was locked before. A user without waiting work in the bulk lane starts at the lane's
# time, as in `Share.returned`.
ACCEPT = f"""
WITH batch AS (
    UPDATE batches SET
        accepted_at = $3, model_name = $4, model_version = $5, rows = $6, slices = $7, price = $8
    WHERE id = $1 AND user_id = $2 AND accepted_at IS NULL AND purged_at IS NULL RETURNING id
), new AS (
    SELECT id, rows, cost, text_bytes, number - 1 AS number,
        sum(rows) OVER (ORDER BY number) - rows AS first_row
    FROM unnest($9::uuid[], $10::int[], $18::int[], $20::int[])
        WITH ORDINALITY AS new (id, rows, cost, text_bytes, number)
), spender AS (
    UPDATE api_keys SET
        spent_on = {TODAY}, day_spent = {DAY_SPENT} + $8, month_spent = {MONTH_SPENT} + $8
    WHERE id = $21::uuid RETURNING id, spent_on
), accepted AS (
    INSERT INTO predictions (
        id, user_id, model_name, model_version, rows, row_price, single, created_at, expires_at, input,
        notify, status, attempts, valid_rows, batch_id, batch_number, text_price, text_bytes, key_id,
        counted_on
    )
    SELECT new.id, $2, $4, $5, new.rows, $11, false, $3, $12, '', false, 'queued', 0, 0, batch.id, new.number,
        $19, new.text_bytes, spender.id, spender.spent_on
    FROM batch CROSS JOIN new LEFT JOIN spender ON true RETURNING id
), sliced AS (
    INSERT INTO slices (batch_id, number, first_row, prediction_id)
    SELECT $1, number, first_row, id FROM new JOIN accepted USING (id)
), to_look_at AS (
    INSERT INTO unfinished (prediction_id, put_at, due_at, wait, bulk_user, cost)
    SELECT id, now(), least(now() + {interval(LAST_CHECK)}, $12), {seconds(LAST_CHECK)}, $2, cost
    FROM accepted JOIN new USING (id)
), shared AS (
    INSERT INTO shares (user_id, start, finish)
    SELECT $2, lane.time, lane.time
    FROM batch, LATERAL (SELECT coalesce(max(start), 0) AS time FROM shares) AS lane
    ON CONFLICT (user_id) DO UPDATE SET finish = greatest(shares.finish, excluded.finish)
    WHERE NOT EXISTS (SELECT FROM unfinished WHERE bulk_user = shares.user_id)
), remembered AS (
    INSERT INTO idempotency_keys (user_id, key, fingerprint, reference)
    SELECT $2, $13, $14, id FROM batch WHERE $13::text IS NOT NULL
), moved AS (
    UPDATE balances SET available = available + $15, held = held + $22, debt = debt + $23
    WHERE user_id = $2 RETURNING user_id
), transferred AS (
    INSERT INTO transfers (reference, kind, user_id, amount)
    SELECT reference, kind, $2, amount
    FROM unnest($16::uuid[], $24::text[], $17::bigint[]) AS transfer (reference, kind, amount)
)
SELECT (SELECT count(*) FROM batch), (SELECT count(*) FROM moved)
"""

QUEUED = f"""
SELECT {COLUMNS} FROM predictions p
WHERE status = 'queued' AND id = ANY (ARRAY (
    SELECT prediction_id FROM slices JOIN predictions each ON each.id = prediction_id
    WHERE slices.batch_id = $1 AND each.status = 'queued' ORDER BY number LIMIT $2
))
ORDER BY id FOR UPDATE
"""

UNFINISHED = """
SELECT count(*) FROM batches WHERE user_id = $1 AND accepted_at IS NOT NULL AND closed_at IS NULL
"""

OPEN = """
SELECT EXISTS (
    SELECT FROM batches b JOIN slices s ON s.batch_id = b.id JOIN unfinished u USING (prediction_id)
    WHERE user_id = $1 AND accepted_at IS NOT NULL AND closed_at IS NULL
)
"""


async def accept(
    connection: Connection,
    batch: Batch,
    slices: Sequence[Prediction],
    transfers: Sequence[Transfer],
    key: IdempotencyKey | None,
    costs: Sequence[int],
    spender: UUID | None,
) -> None:
    moves = Moves()
    moves.add(transfers)
    move = moves.of(batch.user_id)
    references, kinds, _, _, amounts = transfer_columns(transfers)
    row = await connection.fetchrow(
        ACCEPT,
        batch.id,
        batch.user_id,
        batch.created_at,
        batch.model.name,
        batch.model.version,
        batch.rows,
        batch.slices,
        batch.price,
        [each.id for each in slices],
        [each.rows for each in slices],
        slices[0].row_price,
        slices[0].expires_at,
        key.key if key else None,
        key.fingerprint if key else None,
        move.available,
        references,
        amounts,
        list(costs),
        slices[0].text_price or None,
        [each.text_bytes if each.text_price else None for each in slices],
        spender,
        move.held,
        move.debt,
        kinds,
    )
    assert row is not None
    if tuple(row) != (1, 1):
        raise LookupError("the batch is not being received by this user, or its balance is not in the books")


async def unfinished(connection: Connection, user_id: UserId) -> int:
    return int(await connection.fetchval(UNFINISHED, user_id))


async def queued(connection: Connection, batch_id: BatchId, limit: int) -> Sequence[Prediction]:
    rows: list[Record] = await connection.fetch(QUEUED, batch_id, limit)
    return [prediction_of(row) for row in rows]


async def has_open(connection: Connection, user_id: UserId) -> bool:
    return bool(await connection.fetchval(OPEN, user_id))
