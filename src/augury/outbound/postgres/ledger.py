"""Checks all the books: recomputes everything from the rows, in one snapshot."""

from collections.abc import Callable
from dataclasses import dataclass

from asyncpg import Pool
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.money.ports import Ledger, LedgerCheck, LedgerReport
from augury.domain.ledger_check import CheckUnderWay
from augury.outbound.postgres import locks
from augury.outbound.postgres.pool import transaction
from augury.outbound.postgres.query import fetch

PATIENCE_SECONDS = 900
"""The time limit of one check, which is longer than for any other statement."""

MOST_NAMED = 1_000
"""The most deviations of one kind that are listed. Further ones are only counted."""

COUNTS = """
SELECT
    now() AS at,
    (SELECT count(*) FROM users) AS users,
    (SELECT count(*) FROM transfers) AS transfers,
    (SELECT count(*) FROM predictions) AS predictions
"""

BALANCES = """
WITH moves AS (
    SELECT user_id,
        CASE
            WHEN kind IN ('top_up', 'grant', 'release', 'refund') THEN amount
            WHEN kind IN ('hold', 'reversal', 'merge', 'split', 'repayment') THEN -amount
            ELSE 0
        END AS available,
        CASE
            WHEN kind = 'hold' THEN amount WHEN kind IN ('capture', 'release') THEN -amount ELSE 0
        END AS held,
        CASE
            WHEN kind = 'debt' THEN amount WHEN kind IN ('repayment', 'write_off') THEN -amount ELSE 0
        END AS debt
    FROM transfers
    UNION ALL
    SELECT to_user_id, amount, 0, 0 FROM transfers WHERE to_user_id IS NOT NULL
), wanted AS (
    SELECT user_id, sum(available) AS available, sum(held) AS held, sum(debt) AS debt
    FROM moves GROUP BY user_id
), under_way AS (
    SELECT user_id, count(*) AS pending FROM predictions
    WHERE status IN ('queued', 'processing') AND batch_id IS NULL GROUP BY user_id
)
SELECT format(
    'user %s: the balance is %s available, %s held, %s pending, %s owed; '
        'its transfers and predictions say %s, %s, %s, %s',
    user_id, coalesce(balance.available, 0), coalesce(balance.held, 0), coalesce(balance.pending, 0),
    coalesce(balance.debt, 0), coalesce(wanted.available, 0), coalesce(wanted.held, 0),
    coalesce(under_way.pending, 0), coalesce(wanted.debt, 0)
)
FROM balances balance FULL JOIN wanted USING (user_id) FULL JOIN under_way USING (user_id)
WHERE (
    coalesce(balance.available, 0), coalesce(balance.held, 0), coalesce(balance.pending, 0),
    coalesce(balance.debt, 0)
) <> (
    coalesce(wanted.available, 0), coalesce(wanted.held, 0), coalesce(under_way.pending, 0),
    coalesce(wanted.debt, 0)
)
UNION ALL
SELECT format('user %s: there is no balance', id)
FROM users WHERE closed_at IS NULL AND NOT EXISTS (SELECT FROM balances b WHERE b.user_id = users.id)
"""

TOTALS = """
WITH house AS (
    SELECT
        coalesce(sum(amount) FILTER (WHERE kind IN ('top_up', 'grant')), 0)
            - coalesce(sum(amount) FILTER (WHERE kind IN ('reversal', 'debt')), 0) AS given,
        coalesce(sum(amount) FILTER (WHERE kind = 'capture'), 0)
            - coalesce(sum(amount) FILTER (WHERE kind IN ('refund', 'write_off')), 0) AS revenue
    FROM transfers
), users AS (SELECT coalesce(sum(available + held - debt), 0) AS kept FROM balances)
SELECT format('all books: %s came in, but users have %s and %s was earned', given, kept, revenue)
FROM house, users WHERE given <> kept + revenue
"""

PREDICTIONS = """
WITH moved AS (
    SELECT reference AS id, coalesce(absorbed.merged_into, user_id) AS user_id,
        coalesce(sum(amount) FILTER (WHERE kind = 'hold'), 0) AS held,
        coalesce(sum(amount) FILTER (WHERE kind = 'capture'), 0) AS captured,
        coalesce(sum(amount) FILTER (WHERE kind = 'release'), 0) AS released
    FROM transfers LEFT JOIN (
        SELECT id, merged_into FROM users WHERE merged_into IS NOT NULL
    ) AS absorbed ON absorbed.id = user_id
    WHERE kind IN ('hold', 'capture', 'release') GROUP BY 1, 2
), priced AS (
    SELECT id, user_id, status,
        row_price::bigint * rows + coalesce(text_price::bigint * ((text_bytes + 999) / 1000), 0) AS held,
        row_price::bigint * valid_rows
            + coalesce(text_price::bigint * ((valid_text_bytes + 999) / 1000), 0) AS captured
    FROM predictions
), wanted AS (
    SELECT id, user_id, status, held, captured,
        CASE WHEN status IN ('queued', 'processing') THEN 0 ELSE held - captured END AS released
    FROM priced
)
SELECT format(
    'prediction %s of user %s is %s: held %s, captured %s, released %s; it says %s, %s, %s',
    id, user_id, coalesce(wanted.status, 'missing'),
    coalesce(moved.held, 0), coalesce(moved.captured, 0), coalesce(moved.released, 0),
    coalesce(wanted.held, 0), coalesce(wanted.captured, 0), coalesce(wanted.released, 0)
)
FROM wanted FULL JOIN moved USING (id, user_id)
WHERE (coalesce(moved.held, 0), coalesce(moved.captured, 0), coalesce(moved.released, 0))
    <> (coalesce(wanted.held, 0), coalesce(wanted.captured, 0), coalesce(wanted.released, 0))
"""

UNFINISHED = """
SELECT format(
    'prediction %s is %s and %s among the unfinished',
    coalesce(p.id, u.prediction_id), coalesce(p.status, 'missing'),
    CASE WHEN u.prediction_id IS NULL THEN 'not' ELSE 'still' END
)
FROM (SELECT id, status FROM predictions WHERE status IN ('queued', 'processing')) AS open
FULL JOIN unfinished u ON u.prediction_id = open.id
LEFT JOIN predictions p ON p.id = coalesce(open.id, u.prediction_id)
WHERE open.id IS NULL OR u.prediction_id IS NULL
"""

ABANDONED = """
SELECT format('prediction %s is processing, but its lease ended at %s', p.id, p.lease_until)
FROM unfinished u JOIN predictions p ON p.id = u.prediction_id
WHERE p.status = 'processing' AND p.lease_until < now() - $1::interval
"""

# The slices of a batch are authoritative. Its own row repeats their sums, for quick reads.
BATCHES = """
WITH summed AS (
    SELECT s.batch_id AS id, count(*) AS slices, sum(p.rows) AS rows, sum(valid_rows) AS done
    FROM slices s JOIN predictions p ON p.id = prediction_id GROUP BY s.batch_id
)
SELECT format(
    'batch %s of user %s has %s slices of %s rows, and %s rows done; its slices say %s, %s, %s',
    id, user_id, b.slices, b.rows, coalesce(b.done, summed.done), summed.slices, summed.rows, summed.done
)
FROM batches b LEFT JOIN summed USING (id)
WHERE accepted_at IS NOT NULL AND (b.slices, b.rows, coalesce(b.done, summed.done)) IS DISTINCT FROM
    (summed.slices, summed.rows, summed.done)
"""

CHARGES = """
SELECT format('prediction %s is %s with %s of %s rows charged', id, status, valid_rows, rows)
FROM predictions WHERE (status = 'succeeded') <> (valid_rows > 0)
"""

# Unique indexes ensure both. But an index can be corrupt, so the rows are checked.
TWICE = """
SELECT format('transfer %s of %s exists %s times', kind, reference, count(*))
FROM transfers GROUP BY reference, kind HAVING count(*) > 1
UNION ALL
SELECT format('idempotency key %s of user %s has %s predictions', key, user_id, count(*))
FROM idempotency_keys GROUP BY user_id, key HAVING count(*) > 1
"""

# The transfer may belong to another user: an administrator's key belongs to the administrator.
KEYS = """
SELECT format('idempotency key %s of user %s refers to no prediction, batch or transfer', k.key, k.user_id)
FROM idempotency_keys k
WHERE NOT EXISTS (SELECT FROM predictions p WHERE p.id = k.reference AND p.user_id = k.user_id)
    AND NOT EXISTS (SELECT FROM transfers t WHERE t.reference = k.reference)
    AND NOT EXISTS (SELECT FROM batches b WHERE b.id = k.reference AND b.user_id = k.user_id)
"""

REFUNDS = """
SELECT format('prediction %s: %s refunded, but %s captured', r.reference, r.amount, coalesce(c.amount, 0))
FROM transfers r LEFT JOIN transfers c ON c.reference = r.reference AND c.kind = 'capture'
WHERE r.kind = 'refund' AND r.amount > coalesce(c.amount, 0)
"""

DEBTS = """
SELECT format(
    'payment %s: %s owed and %s reversed, but %s paid',
    d.reference, d.amount, coalesce(r.amount, 0), coalesce(p.amount, 0)
)
FROM transfers d
LEFT JOIN transfers r ON r.reference = d.reference AND r.kind = 'reversal'
LEFT JOIN transfers p ON p.reference = d.reference AND p.kind = 'top_up'
WHERE d.kind = 'debt' AND d.amount + coalesce(r.amount, 0) > coalesce(p.amount, 0)
"""

PROMO_CODES = """
WITH redeemed AS (
    SELECT code, count(*) AS times, count(t.amount) AS grants
    FROM promo_redemptions r
    LEFT JOIN transfers t ON t.reference = r.reference AND t.kind = 'grant' GROUP BY code
)
SELECT format(
    'promo code %s: used %s times, redeemed %s times with %s grants',
    code, used, coalesce(times, 0), coalesce(grants, 0)
)
FROM promo_codes LEFT JOIN redeemed USING (code)
WHERE (used, used) <> (coalesce(times, 0), coalesce(grants, 0))
"""

CHECKS = (
    TOTALS,
    BALANCES,
    PREDICTIONS,
    BATCHES,
    CHARGES,
    TWICE,
    UNFINISHED,
    ABANDONED,
    KEYS,
    REFUNDS,
    DEBTS,
    PROMO_CODES,
)

REMEMBER = """
INSERT INTO ledger_checks AS known (only_one, checked_at, deviations) VALUES (true, $1, $2)
ON CONFLICT (only_one) DO UPDATE SET checked_at = excluded.checked_at, deviations = excluded.deviations
WHERE known.checked_at < excluded.checked_at
"""

LAST = "SELECT checked_at, deviations FROM ledger_checks"


@dataclass(frozen=True, slots=True)
class PostgresLedger(Ledger):
    pool: Pool
    limits: Limits

    @override
    async def verify(self, on_step: Callable[[int, int], None] | None = None) -> LedgerReport:
        deviations: list[str] = []
        count = 0
        async with transaction(self.pool, isolation="repeatable_read", readonly=True) as taken:
            if not await taken.fetchval(locks.TRY, locks.CHECKING):
                raise CheckUnderWay
            await taken.execute(f"SET LOCAL statement_timeout = '{PATIENCE_SECONDS}s'")
            await taken.execute("SET LOCAL work_mem = '256MB'")
            await taken.execute("SET LOCAL enable_seqscan = on")
            counts = await taken.fetchrow(COUNTS, timeout=PATIENCE_SECONDS)
            assert counts is not None
            for number, check in enumerate(CHECKS, 1):
                arguments = [self.limits.longest_abandoned] if check is ABANDONED else []
                found = [row[0] for row in await taken.fetch(check, *arguments, timeout=PATIENCE_SECONDS)]
                count += len(found)
                deviations += found[:MOST_NAMED]
                if len(found) > MOST_NAMED:
                    deviations.append(f"and {len(found) - MOST_NAMED} more like the last")
                if on_step:
                    on_step(number, len(CHECKS))
        await fetch(self.pool, REMEMBER, counts["at"], count)
        return LedgerReport(
            users=counts["users"],
            transfers=counts["transfers"],
            predictions=counts["predictions"],
            found=count,
            deviations=deviations,
        )

    @override
    async def last_check(self) -> LedgerCheck | None:
        rows = await fetch(self.pool, LAST)
        return LedgerCheck(rows[0]["checked_at"], rows[0]["deviations"]) if rows else None
