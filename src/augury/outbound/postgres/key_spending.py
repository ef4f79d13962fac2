"""The spending of API keys with spending limits. It is stored only in the row of the key.

The database's clock decides the day. A prediction stores its key and the day on which its price counts, so
released credits are subtracted from exactly that day and month. Keys are locked after balances.
"""

# A statement that waited for a lock over midnight counts for the day that others have begun meanwhile.
_DAY = "(now() AT TIME ZONE 'UTC')::date"
TODAY = f"greatest(spent_on, {_DAY})"
DAY_SPENT = f"CASE WHEN spent_on >= {_DAY} THEN day_spent ELSE 0 END"
MONTH_SPENT = f"CASE WHEN spent_on >= date_trunc('month', {_DAY}) THEN month_spent ELSE 0 END"
SPENDING = f"{DAY_SPENT} AS day_spent, {MONTH_SPENT} AS month_spent"

READ = f"SELECT id, {SPENDING} FROM api_keys WHERE id = ANY ($1::uuid[])"
LOCK = f"SELECT id, {SPENDING} FROM api_keys WHERE id = $1 FOR UPDATE"

GIVEN_BACK = """
, released_of_keys AS (
    SELECT key_id, counted_on, sum(amount)::bigint AS amount FROM ({released}) AS released
    WHERE key_id IS NOT NULL GROUP BY key_id, counted_on
), keys AS (
    SELECT id, spent_on FROM api_keys
    WHERE id = ANY (ARRAY (SELECT key_id FROM released_of_keys)) AND (SELECT count(*) FROM locked) > 0
    ORDER BY id FOR UPDATE
), given_back AS (
    UPDATE api_keys k SET day_spent = k.day_spent - back.day, month_spent = k.month_spent - back.month
    FROM (
        SELECT id, coalesce(sum(amount) FILTER (WHERE counted_on = spent_on), 0)::bigint AS day,
            coalesce(sum(amount) FILTER (
                WHERE date_trunc('month', counted_on) = date_trunc('month', spent_on)
            ), 0)::bigint AS month
        FROM released_of_keys JOIN keys ON id = key_id GROUP BY id
    ) AS back
    WHERE k.id = back.id AND k.id = ANY (ARRAY (SELECT id FROM keys))
)
"""
"""The part of a statement that subtracts released credits. `{released}` selects `key_id`, `counted_on` and
`amount` of each release; `locked` are the balances. Statements that release nothing leave it out."""
