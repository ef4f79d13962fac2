"""The statement that records accepted predictions with the transfers that pay for them."""

from augury.application.predictions.ports.sweeping import FIRST_CHECK, LAST_CHECK
from augury.outbound.postgres.intervals import seconds
from augury.outbound.postgres.key_spending import SPENDING, TODAY

# The balances are locked by user id, before anything is written: `ARRAY` reads its subquery to the end. So
# the transfers of a user get their sequence numbers one transaction after another, and a page of them is
# stable. The lock is held only while this statement runs. `moving` says what `Premise.holds_for` says.
#
# The sweeper checks work in the bulk lane only every ten minutes, because lost tickets are found in another
# way.
#
# Each value of an array costs asyncpg as much as PostgreSQL needs for the column. So users and terms are sent
# once, and predictions have their numbers; columns in which nothing is set are null as a whole. PostgreSQL
# prepares each part of a statement, also for no rows. So the parts in braces, which most flights do not need,
# are left out for them.
_ACCEPT = """
WITH locked AS (
    SELECT user_id, available, pending, debt FROM balances
    WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id FOR UPDATE
){spenders}, moving AS (
    SELECT user_id, number, move.available, move.held, move.pending
    FROM locked JOIN unnest(
        $1::uuid[], $2::bigint[], $3::bigint[], $4::int[], $5::bigint[], $6::bigint[], $7::int[]
    ) WITH ORDINALITY AS move (user_id, available, held, pending, taken, known_debt, most_pending, number)
        USING (user_id)
    WHERE locked.available >= taken AND locked.debt = known_debt AND locked.pending <= most_pending {fits}
), moved AS (
    UPDATE balances b SET
        available = b.available + moving.available, held = b.held + moving.held,
        pending = b.pending + moving.pending, debt = b.debt + (moving.available + moving.held)
    FROM moving WHERE b.user_id = moving.user_id AND b.user_id = ANY (ARRAY (SELECT user_id FROM locked))
    RETURNING b.user_id, b.available, b.held, b.pending, b.debt
), new AS (
    SELECT id, ($1::uuid[])[number] AS user_id, terms, rows, single, created_at, expires_at, input, held,
        notify, text_bytes, cost
    FROM unnest(
        $8::uuid[], $9::int[], $10::int[], $11::int[], $12::bool[], $13::timestamptz[], $14::bytea[],
        $15::bigint[], $16::bool[], $17::int[], $18::int[], $23::timestamptz[]
    ) AS new (id, number, terms, rows, single, expires_at, input, held, notify, text_bytes, cost, created_at)
    WHERE number = ANY (ARRAY (SELECT number FROM moving))
), accepted AS (
    INSERT INTO predictions (
        id, user_id, model_name, model_version, rows, row_price, single, created_at, expires_at, input,
        notify, status, attempts, valid_rows, text_price, text_bytes {key_columns}
    )
    SELECT id, user_id, ($19::text[])[terms], ($20::int[])[terms], rows, ($21::int[])[terms], single,
        created_at, expires_at, input, coalesce(notify, false), 'queued', 0, 0, ($22::int[])[terms],
        text_bytes {key_values}
    FROM new {spent}
), to_look_at AS (
    INSERT INTO unfinished (prediction_id, put_at, due_at, wait, bulk_user, cost)
    SELECT id, now(), least(now() + wait * interval '1 second', expires_at), wait,
        CASE WHEN cost IS NOT NULL THEN user_id END, cost
    FROM (
        SELECT id, user_id, expires_at, cost,
            CASE WHEN cost IS NULL THEN {first_check} ELSE {last_check} END AS wait
        FROM new
    ) AS new
), transferred AS (
    INSERT INTO transfers (reference, kind, user_id, amount)
    {repaid}
    SELECT id, 'hold', user_id, held FROM new WHERE held > 0
)
{shared}
{remembered}
{counted}
{free}
SELECT user_id, available, held, pending, debt FROM moved
"""

# A user without waiting work in the bulk lane starts at the lane's time, as in `Share.returned`.
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

# The id names the prediction whose acceptance the debt had the first claim on.
_REPAID = """
    SELECT new.id, 'repayment', new.user_id, repaid.amount
    FROM new JOIN unnest($27::uuid[], $28::bigint[]) AS repaid (id, amount) USING (id)
    UNION ALL
"""

_REMEMBERED = """
, remembered AS (
    INSERT INTO idempotency_keys (user_id, key, fingerprint, reference)
    SELECT new.user_id, key, fingerprint, id
    FROM new JOIN unnest($24::uuid[], $25::text[], $26::bytea[]) AS named (id, key, fingerprint) USING (id)
)
"""


# API keys with spending limits, which are locked after the balances. `unfit` has the same condition as
# `SpendingPremise.holds_for`. If a key's premise fails, its user is decided again, as with other premises.
_SPENDERS = f"""
, keys AS (
    SELECT id AS key_id, {TODAY} AS today, {SPENDING} FROM api_keys
    WHERE id = ANY ($29::uuid[]) AND (SELECT count(*) FROM locked) > 0 ORDER BY id FOR UPDATE
), spends AS (
    SELECT key_id, ($1::uuid[])[number] AS user_id, taken, today, day_spent + taken AS day_spent,
        month_spent + taken AS month_spent, day_limit, month_limit
    FROM unnest($29::uuid[], $30::int[], $31::bigint[], $32::bigint[], $33::bigint[])
        AS spend (key_id, number, taken, day_limit, month_limit) LEFT JOIN keys USING (key_id)
), unfit AS (
    SELECT user_id FROM spends WHERE today IS NULL OR day_spent > day_limit OR month_spent > month_limit
)"""
_SPENT = """
    LEFT JOIN unnest($34::uuid[], $35::uuid[]) AS spent (id, key_id) USING (id)
    LEFT JOIN keys USING (key_id)
"""
_COUNTED = """
, counted AS (
    UPDATE api_keys k SET
        spent_on = spends.today, day_spent = spends.day_spent, month_spent = spends.month_spent
    FROM spends JOIN moving USING (user_id) WHERE k.id = spends.key_id AND k.id = ANY ($29)
)
"""

_SPENDING = {
    "spenders": _SPENDERS,
    "fits": "AND user_id <> ALL (ARRAY (SELECT user_id FROM unfit))",
    "key_columns": ", key_id, counted_on",
    "key_values": ", key_id, today",
    "spent": _SPENT,
    "counted": _COUNTED,
}

# Predictions without a price, which no transfer mentions.
_FREE = """
, noted AS (
    INSERT INTO free_changes (user_id, prediction_id, ended)
    SELECT user_id, id, false FROM new WHERE held = 0
)
"""


def _statement(*, bulk: bool, keys: bool, free: bool, repaid: bool = False, spending: bool = False) -> str:
    return _ACCEPT.format(
        first_check=seconds(FIRST_CHECK),
        last_check=seconds(LAST_CHECK),
        shared=_SHARED if bulk else "",
        remembered=_REMEMBERED if keys else "",
        free=_FREE if free else "",
        repaid=_REPAID if repaid else "",
        **(_SPENDING if spending else dict.fromkeys(_SPENDING, "")),
    )


ACCEPT = {
    (bulk, keys, free): _statement(bulk=bulk, keys=keys, free=free)
    for bulk in (False, True)
    for keys in (False, True)
    for free in (False, True)
}
"""Whether the flight has work for the bulk lane, idempotency keys, and predictions without a price."""
ACCEPT_REPAYING = _statement(bulk=True, keys=True, free=True, repaid=True)
"""For flights that repay debts."""
ACCEPT_LIMITED = _statement(bulk=True, keys=True, free=True, repaid=True, spending=True)
"""For flights with API keys that have spending limits."""
