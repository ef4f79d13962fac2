"""Reads the data for the decisions on a flight of submits, and records the accepted ones, each in one
statement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from asyncpg import Pool

from augury.application.ports import Accepted, Opened
from augury.domain.api_key import Spending
from augury.domain.balance import Balance, Transfer, TransferKind
from augury.domain.identifiers import UserId
from augury.domain.model import ModelRef
from augury.domain.premise import Premise, SpendingPremise
from augury.outbound.postgres import key_spending
from augury.outbound.postgres.balance_rows import BALANCE, NO_KEY, REMEMBERED, balances_of, opened_of
from augury.outbound.postgres.key_spending import SPENDING, TODAY
from augury.outbound.postgres.pool import connection, transaction
from augury.outbound.postgres.transfer_rows import Move, Moves

T = TypeVar("T")
READ = f"SELECT {BALANCE} FROM balances WHERE user_id = ANY ($1::uuid[])"

READ_WITH_KEYS = f"SELECT {BALANCE}, {NO_KEY} FROM balances WHERE user_id = ANY ($1::uuid[]) {REMEMBERED}"

# The sweeper checks work in the bulk lane only every ten minutes, because lost tickets are found in another
# way.
#
# The balances are locked by user id, before anything is written: `ARRAY` reads its subquery to the end. So
# the transfers of a user get their sequence numbers one transaction after another, and a page of them is
# stable. The lock is held only while this statement runs. `moving` says what `Premise.holds_for` says.
#
# Each value of an array costs asyncpg as much as PostgreSQL needs for the column. So users and terms are sent
# once, and predictions have their numbers; columns in which nothing is set are null as a whole. PostgreSQL
# prepares each part of a statement, also for no rows: there is one without the parts that most flights do not
# need.
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
    FROM (SELECT id, user_id, expires_at, cost, CASE WHEN cost IS NULL THEN 30 ELSE 600 END AS wait FROM new)
        AS new
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
_FITS = "AND user_id <> ALL (ARRAY (SELECT user_id FROM unfit))"
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


# Predictions without a price, which no transfer mentions.
_FREE = """
, noted AS (
    INSERT INTO free_changes (user_id, prediction_id, ended)
    SELECT user_id, id, false FROM new WHERE held = 0
)
"""


def _statement(*, bulk: bool, keys: bool, free: bool, repaid: bool = False, spending: bool = False) -> str:
    return _ACCEPT.format(
        free=_FREE if free else "",
        repaid=_REPAID if repaid else "",
        shared=_SHARED if bulk else "",
        remembered=_REMEMBERED if keys else "",
        spenders=_SPENDERS if spending else "",
        fits=_FITS if spending else "",
        key_columns=", key_id, counted_on" if spending else "",
        key_values=", key_id, today" if spending else "",
        spent=_SPENT if spending else "",
        counted=_COUNTED if spending else "",
    )


ACCEPT = _statement(bulk=False, keys=False, free=False)
ACCEPT_ALL = _statement(bulk=True, keys=True, free=True, repaid=True)
ACCEPT_LIMITED = _statement(bulk=True, keys=True, free=True, repaid=True, spending=True)
"""For flights with API keys that have spending limits."""
_STATEMENTS = {
    (bulk, keys, free): _statement(bulk=bulk, keys=keys, free=free)
    for bulk in (False, True)
    for keys in (False, True)
    for free in (False, True)
}
"""Those for flights that repay no debt."""


# A separate statement: almost all flights have no such wishes for their answers, and do not pay for it.
WISHES = """
UPDATE predictions p SET explain = wish.explain, top = wish.top
FROM unnest($1::uuid[], $2::smallint[], $3::smallint[]) AS wish (id, explain, top)
WHERE p.id = wish.id AND p.id = ANY ($1)
"""


async def read(
    pool: Pool,
    user_ids: Collection[UserId],
    keys: Collection[tuple[UserId, str]],
    spenders: Collection[UUID],
) -> Opened:
    async with connection(pool) as taken:
        if spenders:
            rows = await taken.fetch(READ_WITH_KEYS, list(user_ids), *_asked(keys))
            spending = await taken.fetch(key_spending.READ, list(spenders))
            return replace(opened_of(rows), spending={row[0]: Spending(row[1], row[2]) for row in spending})
        if not keys:
            return Opened(balances_of(await taken.fetch(READ, list(user_ids))), {})
        return opened_of(await taken.fetch(READ_WITH_KEYS, list(user_ids), *_asked(keys)))


async def accept(
    pool: Pool,
    accepted: Sequence[Accepted],
    transfers: Sequence[Transfer],
    premises: Mapping[UserId, Premise],
    spending: Mapping[UUID, SpendingPremise],
) -> Mapping[UserId, Balance]:
    moves = _moves(accepted, transfers, premises)
    arguments = [*_users(moves, premises), *_predictions(accepted, transfers, list(premises))]
    repayments = [each for each in transfers if each.kind is not TransferKind.HOLD]
    keys = [(each.prediction.id, each.key) for each in accepted if each.key]
    if keys or repayments or spending:
        arguments += (
            [prediction_id for prediction_id, _ in keys],
            [key.key for _, key in keys],
            [key.fingerprint for _, key in keys],
        )
    statement = _STATEMENTS[
        any(each.bulk_cost is not None for each in accepted),
        bool(keys),
        len(transfers) - len(repayments) < len(accepted),  # a prediction without a price has no hold
    ]
    if repayments or spending:
        arguments += [each.reference for each in repayments], [each.amount for each in repayments]
        statement = ACCEPT_ALL
    if spending:
        arguments += _spending(accepted, spending, list(premises))
        statement = ACCEPT_LIMITED
    wishes = [each for each in accepted if each.explain is not None or each.top is not None]
    if not wishes:
        async with connection(pool) as taken:
            return balances_of(await taken.fetch(statement, *arguments))
    async with transaction(pool) as taken:
        rows = await taken.fetch(statement, *arguments)
        columns = zip(*((each.prediction.id, each.explain, each.top) for each in wishes), strict=True)
        await taken.execute(WISHES, *map(list, columns))
    return balances_of(rows)


def _asked(keys: Collection[tuple[UserId, str]]) -> tuple[list[UserId], list[str]]:
    return [user_id for user_id, _ in keys], [key for _, key in keys]


def _spending(
    accepted: Sequence[Accepted], spending: Mapping[UUID, SpendingPremise], user_ids: Sequence[UserId]
) -> tuple[list[object], ...]:
    """The columns of `spend`, and those of `spent`."""
    users = {user_id: number for number, user_id in enumerate(user_ids, start=1)}
    premises = spending.values()
    paying = [each for each in accepted if each.spender in spending]
    return (
        list(spending),
        [users[premise.user_id] for premise in premises],
        [premise.taken for premise in premises],
        [premise.limits.day for premise in premises],
        [premise.limits.month for premise in premises],
        [each.prediction.id for each in paying],
        [each.spender for each in paying],
    )


def _moves(
    accepted: Sequence[Accepted], transfers: Sequence[Transfer], premises: Mapping[UserId, Premise]
) -> Moves:
    moves = Moves({user_id: Move() for user_id in premises})
    moves.add(transfers)
    for each in accepted:
        moves.by_user[each.prediction.user_id].pending += 1
    return moves


def _users(moves: Moves, premises: Mapping[UserId, Premise]) -> tuple[list[object], ...]:
    """The columns of `move`, in the order of `premises`."""
    return (
        *moves.columns(),
        [premise.taken for premise in premises.values()],
        [premise.debt for premise in premises.values()],
        [premise.most_pending for premise in premises.values()],
    )


def _predictions(
    accepted: Sequence[Accepted], transfers: Sequence[Transfer], user_ids: Sequence[UserId]
) -> tuple[object, ...]:
    """The columns of `new`, with those of the terms before the last. Free text has no price."""
    predictions = [each.prediction for each in accepted]
    users = {user_id: number for number, user_id in enumerate(user_ids, start=1)}
    held = {each.reference: each.amount for each in transfers if each.kind is TransferKind.HOLD}
    terms: dict[tuple[ModelRef, int, int], int] = {}
    return (
        [prediction.id for prediction in predictions],
        [users[prediction.user_id] for prediction in predictions],
        [
            terms.setdefault((prediction.model, prediction.row_price, prediction.text_price), len(terms) + 1)
            for prediction in predictions
        ],
        [prediction.rows for prediction in predictions],
        [prediction.single for prediction in predictions],
        [prediction.expires_at for prediction in predictions],
        [each.input for each in accepted],
        [held.get(prediction.id, 0) for prediction in predictions],
        _unless_empty([each.notify or None for each in accepted]),
        _unless_empty([each.text_bytes if each.text_price else None for each in predictions]),
        _unless_empty([each.bulk_cost for each in accepted]),
        [model.name for model, _, _ in terms],
        [model.version for model, _, _ in terms],
        [row_price for _, row_price, _ in terms],
        [text_price or None for _, _, text_price in terms],
        [prediction.created_at for prediction in predictions],
    )


def _unless_empty(column: Sequence[T | None]) -> Sequence[T | None] | None:
    return None if all(each is None for each in column) else column
