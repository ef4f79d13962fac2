"""Rows of balances, and of requests that are remembered with them."""

from collections.abc import Sequence

from asyncpg import Record

from augury.application.ports.books import Opened
from augury.domain.balance import Balance
from augury.domain.idempotency import Remembered
from augury.domain.identifiers import UserId

BALANCE = "user_id, available, held, pending, debt"
"""The columns of a balance, in the order of `Balance`."""

NO_KEY = "NULL AS key, NULL AS fingerprint, NULL AS reference"

REMEMBERED = """
UNION ALL
SELECT user_id, NULL, NULL, NULL, NULL, key, fingerprint, reference
FROM idempotency_keys JOIN unnest($2::uuid[], $3::text[]) AS asked (user_id, key) USING (user_id, key)
WHERE user_id = ANY ($2) AND key = ANY ($3)
"""
"""Adds the remembered requests of the users `$2` with the keys `$3` to the rows of balances with `NO_KEY`."""


def balances_of(rows: Sequence[Record]) -> dict[UserId, Balance]:
    """Rows that begin with the columns `BALANCE`."""
    return {row[0]: Balance(*row[:5]) for row in rows}


def opened_of(rows: Sequence[Record]) -> Opened:
    """Rows of balances with `NO_KEY`, and those of `REMEMBERED`."""
    return Opened(
        balances_of([row for row in rows if row["key"] is None]),
        {
            (row["user_id"], row["key"]): Remembered(row["fingerprint"], row["reference"])
            for row in rows
            if row["key"] is not None
        },
    )
