import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from augury.application.ports import Conflict
from augury.application.ports.books import Opened
from augury.application.predictions.ports.acceptance import Accepted
from augury.application.predictions.ports.reads import StoredPrediction
from augury.domain.balance import Balance
from augury.domain.idempotency import IdempotencyKey, Remembered
from augury.domain.identifiers import UserId, uuid7
from augury.domain.prediction import Prediction, PredictionNotFound
from augury.domain.premise import Premise
from augury.domain.transfer import Transfer, TransferKind
from tests.adapters import INPUT, Adapters, a_prediction

EASY = Premise(taken=0, debt=0, most_pending=1_000)


async def accept(
    adapters: Adapters,
    *predictions: Prediction,
    premises: Mapping[UserId, Premise] | None = None,
    key: IdempotencyKey | None = None,
    bulk_cost: int | None = None,
) -> Mapping[UserId, Balance]:
    """Accept them on easy premises, unless others are given."""
    holds = [
        Transfer(TransferKind.HOLD, each.user_id, each.price, each.id) for each in predictions if each.price
    ]
    users = {each.user_id for each in predictions}
    return await adapters.books.accept(
        [Accepted(each, INPUT, key, bulk_cost=bulk_cost) for each in predictions],
        holds,
        dict.fromkeys(users, EASY) | dict(premises or {}),
    )


async def test_reading_answers_balances_and_keys_and_locks_nothing(adapters: Adapters) -> None:
    user_id, unknown = await adapters.user(credits=5), UserId(uuid7())
    [prediction] = await adapters.predictions_of(user_id, 1)
    keyed = a_prediction(user_id)
    await adapters.accept(user_id, keyed, key=IdempotencyKey("key", b"print"))

    async with adapters.books() as books:
        await books.open([user_id])
        async with asyncio.timeout(10):
            opened = await adapters.books.read([user_id, unknown], [(user_id, "key"), (user_id, "other")])

    assert opened == Opened(
        {user_id: Balance(user_id, available=3, held=2, pending=2)},
        {(user_id, "key"): Remembered(b"print", keyed.id)},
    )
    assert await adapters.books.read([]) == Opened({}, {})
    assert (await adapters.books.read([], [(user_id, "key")])).balances == {}
    assert await adapters.now(prediction) == prediction


async def test_what_is_accepted_is_recorded_for_all_users_at_once(adapters: Adapters) -> None:
    users = [await adapters.user(credits=10) for _ in range(3)]
    free = [a_prediction(user_id, row_price=0) for user_id in users]
    predictions = [a_prediction(user_id, rows=number, row_price=2) for user_id in users for number in (1, 2)]

    balances = await accept(adapters, *predictions, *free)

    after = {each: Balance(each, available=4, held=6, pending=3) for each in users}
    assert balances == after
    for user_id in users:
        assert await adapters.balance(user_id) == after[user_id]
    for each in predictions:
        assert await adapters.predictions.get(each.id, owner=each.user_id) == StoredPrediction(each, None)
    assert await adapters.predictions.waiting(at_most=100) == 9
    assert await adapters.deviations() == []


@pytest.mark.parametrize(
    "premise",
    [replace(EASY, taken=11), replace(EASY, debt=1), replace(EASY, most_pending=0)],
    ids=["credits", "debt", "pending"],
)
@pytest.mark.parametrize("bulk_cost", [None, 7])
async def test_nothing_is_recorded_for_a_user_whose_premise_fails(
    adapters: Adapters, premise: Premise, bulk_cost: int | None
) -> None:
    user_id, other = await adapters.user(credits=11), await adapters.user(credits=10)
    await adapters.predictions_of(user_id, 1)  # leaves 10 credits, and one is pending
    mine, others = a_prediction(user_id), a_prediction(other)

    balances = await accept(
        adapters,
        mine,
        others,
        premises={user_id: premise},
        key=IdempotencyKey("key", b"print"),
        bulk_cost=bulk_cost,
    )

    assert balances == {other: Balance(other, available=9, held=1, pending=1)}
    assert await adapters.balance(user_id) == Balance(user_id, available=10, held=1, pending=1)
    with pytest.raises(PredictionNotFound):
        await adapters.predictions.get(mine.id, owner=user_id)
    keys = [(user_id, "key"), (other, "key")]
    assert (await adapters.books.read([], keys)).remembered == {
        (other, "key"): Remembered(b"print", others.id)
    }
    assert list(await adapters.bulk_lane.ids(at_most=10)) == ([others.id] if bulk_cost else [])
    assert await adapters.predictions.waiting(at_most=10) == 2
    assert await adapters.deviations() == []


async def test_premises_hold_to_the_last_credit_and_the_last_place(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    await adapters.predictions_of(user_id, 1)

    balances = await accept(
        adapters, a_prediction(user_id), premises={user_id: Premise(taken=1, debt=0, most_pending=1)}
    )

    assert balances == {user_id: Balance(user_id, held=2, pending=2)}


async def test_a_debt_that_was_known_is_repaid(adapters: Adapters) -> None:
    user_id, payment = await adapters.user(credits=3), uuid7()
    returned = [Transfer(kind, user_id, 2, payment) for kind in (TransferKind.TOP_UP, TransferKind.DEBT)]
    async with adapters.books() as books:
        await books.record(transfers=returned)
    before = Balance(user_id, available=5, debt=2)
    prediction = a_prediction(user_id)
    after, transfers = before.hold(1, reference=prediction.id)

    answered = await adapters.books.accept(
        [Accepted(prediction, INPUT)], transfers, {user_id: Premise.of(before, after, most_pending=10)}
    )

    assert answered == {user_id: Balance(user_id, available=2, held=1, pending=1)}
    assert await adapters.balance(user_id) == after
    assert await adapters.deviations() == []


async def test_a_user_without_a_balance_has_no_premise_that_holds(adapters: Adapters) -> None:
    unknown, known = UserId(uuid7()), await adapters.user(credits=1)

    balances = await accept(adapters, a_prediction(unknown), a_prediction(known))

    assert set(balances) == {known}
    assert await adapters.deviations() == []


async def test_a_key_that_was_remembered_meanwhile_is_a_conflict_for_the_whole_flight(
    adapters: Adapters,
) -> None:
    user_id, other = await adapters.user(credits=5), await adapters.user(credits=5)
    key = IdempotencyKey("key", b"print")
    await adapters.accept(user_id, a_prediction(user_id), key=key)

    with pytest.raises(Conflict):
        await accept(adapters, a_prediction(user_id), a_prediction(other), key=key)

    assert await adapters.balance(other) == Balance(other, available=5)
    assert await adapters.balance(user_id) == Balance(user_id, available=4, held=1, pending=1)
    assert await adapters.deviations() == []


async def test_many_at_once_spend_what_there_is_and_no_more(adapters: Adapters) -> None:
    users = [await adapters.user(credits=20) for _ in range(3)]

    async def flight() -> int:
        predictions = [a_prediction(user_id) for user_id in users]
        premise = Premise(taken=1, debt=0, most_pending=1_000)
        return len(await accept(adapters, *predictions, premises=dict.fromkeys(users, premise)))

    recorded = await asyncio.gather(*(flight() for _ in range(30)))

    assert sum(recorded) == 60
    for user_id in users:
        assert await adapters.balance(user_id) == Balance(user_id, held=20, pending=20)
        lines = await adapters.balances.statement(user_id, limit=100)
        assert len({line.sequence for line in lines}) == 21
    assert await adapters.deviations() == []
