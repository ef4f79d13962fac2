"""Reads what a flight of submits is decided on, and records what it accepts, each in one statement."""

from collections.abc import Collection, Mapping, Sequence

from asyncpg import Pool, Record

from augury.application.ports import Accepted, Opened, Remembered
from augury.domain.balance import Balance, Transfer
from augury.domain.identifiers import UserId
from augury.domain.premise import Premise
from augury.outbound.postgres.pool import connection
from augury.outbound.postgres.transfer_rows import Move, Moves, transfer_columns

READ = "SELECT user_id, available, held, pending, debt FROM balances WHERE user_id = ANY ($1::uuid[])"

READ_WITH_KEYS = """
SELECT user_id, available, held, pending, debt, NULL AS key, NULL AS fingerprint, NULL AS reference
FROM balances WHERE user_id = ANY ($1::uuid[])
UNION ALL
SELECT user_id, NULL, NULL, NULL, NULL, key, fingerprint, reference
FROM idempotency_keys JOIN unnest($2::uuid[], $3::text[]) AS asked (user_id, key) USING (user_id, key)
WHERE user_id = ANY ($2) AND key = ANY ($3)
"""

# The balances are locked by user id, before anything is written: `ARRAY` reads its subquery to the end. So
# the transfers of a user get their sequence numbers one transaction after another, and a page of them is
# stable. The lock is held only while this statement runs. `moving` says what `Premise.holds_for` says.
#
# A statement without the parts that a flight does not need costs a third less.
_ACCEPT = """
WITH locked AS (
    SELECT user_id, available, pending, debt FROM balances
    WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id FOR UPDATE
), moving AS (
    SELECT user_id, move.available, move.held, move.pending, move.debt
    FROM locked JOIN unnest(
        $1::uuid[], $2::bigint[], $3::bigint[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[], $8::int[]
    ) AS move (user_id, available, held, pending, debt, taken, known_debt, most_pending) USING (user_id)
    WHERE locked.available >= taken AND locked.debt = known_debt AND locked.pending <= most_pending
), moved AS (
    UPDATE balances b SET
        available = b.available + moving.available, held = b.held + moving.held,
        pending = b.pending + moving.pending, debt = b.debt + moving.debt
    FROM moving WHERE b.user_id = moving.user_id AND b.user_id = ANY (ARRAY (SELECT user_id FROM locked))
    RETURNING b.user_id, b.available, b.held, b.pending, b.debt
), new AS (
    SELECT id, user_id, name, version, rows, price, single, created_at, expires_at, input, notify, text_price,
        text_bytes, cost
    FROM unnest(
        $9::uuid[], $10::uuid[], $11::text[], $12::int[], $13::int[], $14::int[], $15::bool[],
        $16::timestamptz[], $17::timestamptz[], $18::bytea[], $19::bool[], $20::int[], $21::int[], $22::int[]
    ) AS new (
        id, user_id, name, version, rows, price, single, created_at, expires_at, input, notify, text_price,
        text_bytes, cost
    )
    WHERE user_id = ANY (ARRAY (SELECT user_id FROM moving))
), accepted AS (
    INSERT INTO predictions (
        id, user_id, model_name, model_version, rows, row_price, single, created_at, expires_at, input,
        notify, status, attempts, valid_rows, text_price, text_bytes
    )
    SELECT id, user_id, name, version, rows, price, single, created_at, expires_at, input, notify, 'queued',
        0, 0, text_price, text_bytes
    FROM new
), to_look_at AS (
    INSERT INTO unfinished (prediction_id, put_at, due_at, wait, bulk_user, cost)
    SELECT id, now(), least(now() + wait * interval '1 second', expires_at), wait,
        CASE WHEN cost IS NOT NULL THEN user_id END, cost
    FROM (SELECT id, user_id, expires_at, cost, CASE WHEN cost IS NULL THEN 30 ELSE 600 END AS wait FROM new)
        AS new
), transferred AS (
    INSERT INTO transfers (reference, kind, user_id, to_user_id, amount)
    SELECT reference, kind, user_id, to_user_id, amount
    FROM unnest($23::uuid[], $24::text[], $25::uuid[], $26::uuid[], $27::bigint[])
        AS new (reference, kind, user_id, to_user_id, amount)
    WHERE user_id = ANY (ARRAY (SELECT user_id FROM moving))
)
"""

# As in RECORD: a user for whom nothing waited in the bulk lane starts at the lane's time.
_SHARED = """
, shared AS (
    INSERT INTO shares (user_id, start, finish)
    SELECT user_id, lane.time, lane.time
    FROM (SELECT DISTINCT user_id FROM new WHERE cost IS NOT NULL ORDER BY user_id) AS new,
        LATERAL (SELECT coalesce(max(start), 0) AS time FROM shares) AS lane
    ON CONFLICT (user_id) DO UPDATE SET finish = greatest(shares.finish, excluded.finish)
    WHERE NOT EXISTS (SELECT FROM unfinished WHERE bulk_user = shares.user_id)
)
"""

_REMEMBERED = """
, remembered AS (
    INSERT INTO idempotency_keys (user_id, key, fingerprint, reference)
    SELECT user_id, key, fingerprint, reference
    FROM unnest($28::uuid[], $29::text[], $30::bytea[], $31::uuid[])
        AS new (user_id, key, fingerprint, reference)
    WHERE user_id = ANY (ARRAY (SELECT user_id FROM moving))
)
"""

_ANSWER = "SELECT user_id, available, held, pending, debt FROM moved"

ACCEPT = _ACCEPT + _ANSWER
ACCEPT_SHARED = _ACCEPT + _SHARED + _ANSWER
ACCEPT_REMEMBERED = _ACCEPT + _REMEMBERED + _ANSWER
ACCEPT_ALL = _ACCEPT + _SHARED + _REMEMBERED + _ANSWER
_STATEMENTS = {
    (False, False): ACCEPT,
    (True, False): ACCEPT_SHARED,
    (False, True): ACCEPT_REMEMBERED,
    (True, True): ACCEPT_ALL,
}
"""By whether something is bulk work, and whether something has a key."""


async def read(pool: Pool, user_ids: Collection[UserId], keys: Collection[tuple[UserId, str]]) -> Opened:
    async with connection(pool) as taken:
        if not keys:
            return Opened(_balances_of(await taken.fetch(READ, list(user_ids))), {})
        rows = await taken.fetch(READ_WITH_KEYS, list(user_ids), *zip(*keys, strict=True))
    return Opened(
        _balances_of([row for row in rows if row["key"] is None]),
        {
            (row["user_id"], row["key"]): Remembered(row["fingerprint"], row["reference"])
            for row in rows
            if row["key"] is not None
        },
    )


async def accept(
    pool: Pool,
    accepted: Sequence[Accepted],
    transfers: Sequence[Transfer],
    premises: Mapping[UserId, Premise],
) -> Mapping[UserId, Balance]:
    keys = [(each.prediction, each.key) for each in accepted if each.key]
    statement = _STATEMENTS[any(each.bulk_cost is not None for each in accepted), bool(keys)]
    arguments = [
        *_moves(accepted, transfers, premises),
        *_columns(accepted),
        *transfer_columns(transfers),
    ]
    if keys:
        arguments += (
            [prediction.user_id for prediction, _ in keys],
            [key.key for _, key in keys],
            [key.fingerprint for _, key in keys],
            [prediction.id for prediction, _ in keys],
        )
    async with connection(pool) as taken:
        return _balances_of(await taken.fetch(statement, *arguments))


def _balances_of(rows: Sequence[Record]) -> dict[UserId, Balance]:
    return {row[0]: Balance(*row[:5]) for row in rows}


def _moves(
    accepted: Sequence[Accepted], transfers: Sequence[Transfer], premises: Mapping[UserId, Premise]
) -> tuple[list[object], ...]:
    moves = Moves({user_id: Move() for user_id in premises})
    moves.add(transfers)
    for each in accepted:
        moves.by_user[each.prediction.user_id].pending += 1
    return (
        *moves.columns(),
        [move.debt for move in moves.by_user.values()],
        [premise.taken for premise in premises.values()],
        [premise.debt for premise in premises.values()],
        [premise.most_pending for premise in premises.values()],
    )


def _columns(accepted: Sequence[Accepted]) -> tuple[list[object], ...]:
    """The columns of `new`. Price and bytes of the text are null where text is free."""
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
        [each.notify for each in accepted],
        [prediction.text_price or None for prediction in predictions],
        [prediction.text_bytes if prediction.text_price else None for prediction in predictions],
        [each.bulk_cost for each in accepted],
    )
