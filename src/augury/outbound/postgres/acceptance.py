"""Reads the data for the decisions on a flight of submits, and records the accepted ones, each in one
statement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from asyncpg import Pool

from augury.application.ports.books import Opened
from augury.application.predictions.ports.acceptance import Accepted
from augury.domain.api_key import Spending
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId
from augury.domain.model import ModelRef
from augury.domain.premise import Premise, SpendingPremise
from augury.domain.transfer import Transfer, TransferKind
from augury.outbound.postgres import key_spending
from augury.outbound.postgres.accepting import ACCEPT, ACCEPT_LIMITED, ACCEPT_REPAYING
from augury.outbound.postgres.array_columns import unless_empty
from augury.outbound.postgres.balance_rows import BALANCE, NO_KEY, REMEMBERED, balances_of, opened_of
from augury.outbound.postgres.pool import connection, transaction
from augury.outbound.postgres.transfer_rows import Move, Moves

READ = f"SELECT {BALANCE} FROM balances WHERE user_id = ANY ($1::uuid[])"

READ_WITH_KEYS = f"SELECT {BALANCE}, {NO_KEY} FROM balances WHERE user_id = ANY ($1::uuid[]) {REMEMBERED}"

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
    statement = ACCEPT[
        any(each.bulk_cost is not None for each in accepted),
        bool(keys),
        len(transfers) - len(repayments) < len(accepted),  # a prediction without a price has no hold
    ]
    if repayments or spending:
        arguments += [each.reference for each in repayments], [each.amount for each in repayments]
        statement = ACCEPT_REPAYING
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
        unless_empty([each.notify or None for each in accepted]),
        unless_empty([each.text_bytes if each.text_price else None for each in predictions]),
        unless_empty([each.bulk_cost for each in accepted]),
        [model.name for model, _, _ in terms],
        [model.version for model, _, _ in terms],
        [row_price for _, row_price, _ in terms],
        [text_price or None for _, _, text_price in terms],
        [prediction.created_at for prediction in predictions],
    )
