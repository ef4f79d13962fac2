"""The statements that check the books. Each selects its deviations: a code, and the values of its words."""

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
SELECT 'balance' AS code, user_id AS "user",
    coalesce(balance.available, 0) AS available, coalesce(balance.held, 0) AS held,
    coalesce(balance.pending, 0) AS pending, coalesce(balance.debt, 0) AS debt,
    coalesce(wanted.available, 0) AS said_available, coalesce(wanted.held, 0) AS said_held,
    coalesce(under_way.pending, 0) AS said_pending, coalesce(wanted.debt, 0) AS said_debt
FROM balances balance FULL JOIN wanted USING (user_id) FULL JOIN under_way USING (user_id)
WHERE (
    coalesce(balance.available, 0), coalesce(balance.held, 0), coalesce(balance.pending, 0),
    coalesce(balance.debt, 0)
) <> (
    coalesce(wanted.available, 0), coalesce(wanted.held, 0), coalesce(under_way.pending, 0),
    coalesce(wanted.debt, 0)
)
"""

NO_BALANCES = """
SELECT 'no_balance' AS code, id AS "user"
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
SELECT 'all_books' AS code, given, kept, revenue FROM house, users WHERE given <> kept + revenue
"""

# An account that absorbed others may be absorbed, too: `heirs` follows them to the account that is left.
PREDICTIONS = """
WITH RECURSIVE heirs (id, heir) AS (
    SELECT id, merged_into FROM users WHERE merged_into IS NOT NULL
    UNION
    SELECT heirs.id, users.merged_into FROM heirs JOIN users ON users.id = heir
    WHERE users.merged_into IS NOT NULL
), moved AS (
    SELECT reference AS id, coalesce(absorbed.heir, user_id) AS user_id,
        coalesce(sum(amount) FILTER (WHERE kind = 'hold'), 0) AS held,
        coalesce(sum(amount) FILTER (WHERE kind = 'capture'), 0) AS captured,
        coalesce(sum(amount) FILTER (WHERE kind = 'release'), 0) AS released
    FROM transfers LEFT JOIN (
        SELECT id, heir FROM heirs
        WHERE heir NOT IN (SELECT id FROM users WHERE merged_into IS NOT NULL)
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
SELECT 'settlement' AS code, id AS prediction, user_id AS "user",
    coalesce(wanted.status, 'missing') AS status,
    coalesce(moved.held, 0) AS held, coalesce(moved.captured, 0) AS captured,
    coalesce(moved.released, 0) AS released,
    coalesce(wanted.held, 0) AS said_held, coalesce(wanted.captured, 0) AS said_captured,
    coalesce(wanted.released, 0) AS said_released
FROM wanted FULL JOIN moved USING (id, user_id)
WHERE (coalesce(moved.held, 0), coalesce(moved.captured, 0), coalesce(moved.released, 0))
    <> (coalesce(wanted.held, 0), coalesce(wanted.captured, 0), coalesce(wanted.released, 0))
"""

UNFINISHED = """
SELECT CASE WHEN u.prediction_id IS NULL THEN 'not_unfinished' ELSE 'still_unfinished' END AS code,
    coalesce(p.id, u.prediction_id) AS prediction, coalesce(p.status, 'missing') AS status
FROM (SELECT id, status FROM predictions WHERE status IN ('queued', 'processing')) AS open
FULL JOIN unfinished u ON u.prediction_id = open.id
LEFT JOIN predictions p ON p.id = coalesce(open.id, u.prediction_id)
WHERE open.id IS NULL OR u.prediction_id IS NULL
"""

ABANDONED = """
SELECT 'abandoned' AS code, p.id AS prediction, extract(epoch FROM now() - p.lease_until)::bigint AS seconds
FROM unfinished u JOIN predictions p ON p.id = u.prediction_id
WHERE p.status = 'processing' AND p.lease_until < now() - $1::interval
"""

# The slices of a batch are authoritative. Its own row repeats their sums, for quick reads.
BATCHES = """
WITH summed AS (
    SELECT s.batch_id AS id, count(*) AS slices, sum(p.rows) AS rows, sum(valid_rows) AS done
    FROM slices s JOIN predictions p ON p.id = prediction_id GROUP BY s.batch_id
)
SELECT 'batch' AS code, id AS batch, user_id AS "user", b.slices, b.rows,
    coalesce(b.done, summed.done, 0) AS done,
    coalesce(summed.slices, 0) AS said_slices, coalesce(summed.rows, 0) AS said_rows,
    coalesce(summed.done, 0) AS said_done
FROM batches b LEFT JOIN summed USING (id)
WHERE accepted_at IS NOT NULL AND (b.slices, b.rows, coalesce(b.done, summed.done)) IS DISTINCT FROM
    (summed.slices, summed.rows, summed.done)
"""

CHARGES = """
SELECT 'charge' AS code, id AS prediction, status, valid_rows AS charged, rows
FROM predictions WHERE (status = 'succeeded') <> (valid_rows > 0)
"""

# Unique indexes prevent both. But an index can be corrupt, so the rows are checked.
TRANSFERS_TWICE = """
SELECT 'transfer_twice' AS code, kind, reference, count(*)
FROM transfers GROUP BY reference, kind HAVING count(*) > 1
"""

KEYS_TWICE = """
SELECT 'key_twice' AS code, key, user_id AS "user", count(*)
FROM idempotency_keys GROUP BY user_id, key HAVING count(*) > 1
"""

# The transfer may belong to another user: an administrator's key belongs to the administrator.
KEYS = """
SELECT 'key_of_nothing' AS code, k.key, k.user_id AS "user"
FROM idempotency_keys k
WHERE NOT EXISTS (SELECT FROM predictions p WHERE p.id = k.reference AND p.user_id = k.user_id)
    AND NOT EXISTS (SELECT FROM transfers t WHERE t.reference = k.reference)
    AND NOT EXISTS (SELECT FROM batches b WHERE b.id = k.reference AND b.user_id = k.user_id)
"""

REFUNDS = """
SELECT 'refund' AS code, r.reference AS prediction, r.amount AS refunded, coalesce(c.amount, 0) AS captured
FROM transfers r LEFT JOIN transfers c ON c.reference = r.reference AND c.kind = 'capture'
WHERE r.kind = 'refund' AND r.amount > coalesce(c.amount, 0)
"""

DEBTS = """
SELECT 'debt' AS code, d.reference AS payment, d.amount AS owed, coalesce(r.amount, 0) AS reversed,
    coalesce(p.amount, 0) AS paid
FROM transfers d
LEFT JOIN transfers r ON r.reference = d.reference AND r.kind = 'reversal'
LEFT JOIN transfers p ON p.reference = d.reference AND p.kind = 'top_up'
WHERE d.kind = 'debt' AND d.amount + coalesce(r.amount, 0) > coalesce(p.amount, 0)
"""

# A chat that leaves an account has redeemed the same codes, by the same grants.
PROMO_CODES = """
WITH redeemed AS (
    SELECT code, count(DISTINCT r.reference) AS times, count(DISTINCT t.reference) AS grants
    FROM promo_redemptions r
    LEFT JOIN transfers t ON t.reference = r.reference AND t.kind = 'grant' GROUP BY code
)
SELECT 'promo_code' AS code, code AS promo,
    used, coalesce(times, 0) AS redeemed, coalesce(grants, 0) AS grants
FROM promo_codes LEFT JOIN redeemed USING (code)
WHERE (used, used) <> (coalesce(times, 0), coalesce(grants, 0))
"""

CHECKS = (
    *(TOTALS, BALANCES, NO_BALANCES, PREDICTIONS, BATCHES, CHARGES, TRANSFERS_TWICE, KEYS_TWICE),
    *(UNFINISHED, ABANDONED, KEYS, REFUNDS, DEBTS, PROMO_CODES),
)
