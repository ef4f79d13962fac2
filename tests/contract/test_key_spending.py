"""Spending limits of API keys, in the transaction that holds the price."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from augury.application.people.ports.api_keys import ApiKey
from augury.application.predictions.ports.acceptance import Accepted
from augury.domain.api_key import NO_LIMITS, KeyScope, Spending, SpendingLimits
from augury.domain.balance import Balance
from augury.domain.batch import Batch
from augury.domain.identifiers import BatchId, UserId, uuid7
from augury.domain.prediction import Failure, Prediction
from augury.domain.premise import Premise, SpendingPremise
from augury.domain.transfer import Transfer
from tests.adapters import INPUT, MODEL, Adapters, a_prediction, an_api_key, finish

FIVE_A_DAY = SpendingLimits(day=5)


async def a_key(adapters: Adapters, user_id: UserId, limits: SpendingLimits = FIVE_A_DAY) -> UUID:
    key = an_api_key(user_id, limits=limits)
    assert await adapters.api_keys.add(key, uuid4().bytes, most=20)
    return key.id


def holds_of(prediction: Prediction) -> Sequence[Transfer]:
    rich = Balance(prediction.user_id, 10**6)
    return rich.hold(prediction.price, reference=prediction.id)[1]


async def accept(
    adapters: Adapters,
    key_id: UUID,
    *predictions: Prediction,
    limits: SpendingLimits = FIVE_A_DAY,
    also: Sequence[Prediction] = (),
) -> Mapping[UserId, Balance]:
    """Accept `predictions` with the key, and `also` without one, in one flight."""
    every = [*predictions, *also]
    accepted = [Accepted(each, INPUT, spender=key_id) for each in predictions]
    accepted += [Accepted(each, INPUT) for each in also]
    holds = [hold for each in every for hold in holds_of(each)]
    premise = SpendingPremise(predictions[0].user_id, sum(each.price for each in predictions), limits)
    users = {each.user_id for each in every}
    easy = Premise(taken=0, debt=0, most_pending=10_000)
    return await adapters.books.accept(accepted, holds, dict.fromkeys(users, easy), {key_id: premise})


async def test_what_is_held_counts_for_the_day_and_the_month(adapters: Adapters) -> None:
    user_id, other = await adapters.user(credits=10), await adapters.user(credits=10)
    key_id, idle = await a_key(adapters, user_id), await a_key(adapters, user_id)
    mine = [a_prediction(user_id, rows=2), a_prediction(user_id)]

    recorded = await accept(adapters, key_id, *mine, also=[a_prediction(other), a_prediction(user_id)])

    assert set(recorded) == {user_id, other}
    assert await adapters.spent(key_id) == Spending(day=3, month=3)
    assert await adapters.spent(idle) == Spending()
    [first, second] = await adapters.api_keys.of(user_id)
    assert {first.id: first.spending, second.id: second.spending} == {
        key_id: Spending(3, 3),
        idle: Spending(),
    }
    assert await adapters.deviations() == []


@pytest.mark.parametrize("limits", [SpendingLimits(day=3), SpendingLimits(month=3), SpendingLimits(3, 99)])
async def test_nothing_of_a_user_is_recorded_beyond_a_limit_of_a_key(
    adapters: Adapters, limits: SpendingLimits
) -> None:
    user_id, other = await adapters.user(credits=10), await adapters.user(credits=10)
    key_id = await a_key(adapters, user_id, limits)
    assert await accept(adapters, key_id, a_prediction(user_id, rows=3), limits=limits)

    recorded = await accept(
        adapters, key_id, a_prediction(user_id), limits=limits, also=[a_prediction(other)]
    )

    assert set(recorded) == {other}
    assert await adapters.spent(key_id) == Spending(3, 3)
    assert await adapters.balance(user_id) == Balance(user_id, available=7, held=3, pending=1)
    assert await adapters.deviations() == []


async def test_a_key_that_was_deleted_spends_nothing_more(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    key_id = await a_key(adapters, user_id)
    prediction = a_prediction(user_id)
    await accept(adapters, key_id, prediction)
    await adapters.api_keys.remove(user_id, key_id)

    assert await accept(adapters, key_id, a_prediction(user_id)) == {}
    assert (await adapters.books.read([], [], [key_id])).spending == {}
    assert (await adapters.books.read([], [])).spending is None

    await adapters.settled(prediction)  # there is nothing to give back to, and no harm
    assert await adapters.deviations() == []


async def test_what_was_released_counts_no_more(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    key_id = await a_key(adapters, user_id)
    failed, partly, canceled, charged = (a_prediction(user_id, rows=n) for n in (1, 2, 1, 1))
    await accept(adapters, key_id, failed, partly, canceled, charged)
    assert await adapters.spent(key_id) == Spending(5, 5)

    token = uuid4()
    both = await adapters.claim(failed, partly, token=token)
    claimed = {each.prediction.id: each.prediction for each in both}
    fails = claimed[failed.id].fail(Failure.MODEL_UNAVAILABLE, at=datetime.now(UTC))
    done = [
        replace(finish(claimed[failed.id]), prediction=fails, output=None),
        finish(claimed[partly.id], valid_rows=1),
    ]
    await adapters.work.settle(token, done)
    assert await adapters.spent(key_id) == Spending(3, 3)
    await adapters.settled(charged)
    assert await adapters.spent(key_id) == Spending(3, 3), "what is captured counts"

    async with adapters.books() as books:
        canceled = (await books.prediction(canceled.id)).cancel(at=datetime.now(UTC))
        await books.open([user_id])
        await books.record(changed=[canceled], transfers=canceled.settlement())
    assert await adapters.spent(key_id) == Spending(2, 2)
    assert await adapters.deviations() == []


async def test_a_day_later_the_day_begins_anew_and_what_comes_back_does_not_count_for_it(
    adapters: Adapters,
) -> None:
    user_id = await adapters.user(credits=10)
    key_id = await a_key(adapters, user_id)
    yesterdays = a_prediction(user_id, rows=5)
    await accept(adapters, key_id, yesterdays)
    await adapters.pass_time(timedelta(days=1))
    assert (await adapters.spent(key_id)).day == 0

    await accept(adapters, key_id, a_prediction(user_id, rows=4))
    async with adapters.books() as books:
        canceled = (await books.prediction(yesterdays.id)).cancel(at=datetime.now(UTC))
        await books.open([user_id])
        await books.record(changed=[canceled], transfers=canceled.settlement())

    assert (await adapters.spent(key_id)).day == 4
    assert await accept(adapters, key_id, a_prediction(user_id, rows=2)) == {}

    await adapters.pass_time(timedelta(days=32))
    assert await adapters.spent(key_id) == Spending()
    assert await accept(adapters, key_id, a_prediction(user_id))
    assert await adapters.spent(key_id) == Spending(1, 1)


async def test_a_batch_counts_as_a_whole_and_gives_back_what_was_canceled(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    key_id = await a_key(adapters, user_id)
    batch_id = BatchId(uuid7())
    now = datetime.now(UTC)
    await adapters.batches.receive(batch_id, owner=user_id, at=now)
    later = now + timedelta(days=7)
    slices = [
        replace(a_prediction(user_id, rows=rows, expires_at=later), batch_id=batch_id) for rows in (3, 2)
    ]
    batch = Batch(id=batch_id, user_id=user_id, model=MODEL, rows=5, slices=2, price=5, created_at=now)
    holds = [hold for each in slices for hold in holds_of(each)]

    async with adapters.books() as books:
        await books.open([user_id])
        assert await books.spending(uuid7()) is None
        assert await books.spending(key_id) == Spending()
        await books.accept_batch(batch, slices, holds, None, costs=[3, 2], spender=key_id)
    assert await adapters.spent(key_id) == Spending(5, 5)

    async with adapters.books() as books:
        [_, last] = [each.cancel(at=now) for each in await books.queued_slices(batch_id, limit=10)]
        await books.record(changed=[last], transfers=last.settlement())
    assert await adapters.spent(key_id) == Spending(3, 3)
    assert await adapters.deviations() == []


async def test_a_change_keeps_what_was_spent_and_only_its_owner_makes_it(adapters: Adapters) -> None:
    user_id, stranger = await adapters.user(credits=10), await adapters.user()
    key_id = await a_key(adapters, user_id)
    await accept(adapters, key_id, a_prediction(user_id, rows=2))
    models, later = frozenset({"tone@1", "churn"}), datetime.now(UTC) + timedelta(days=1)

    def changed(key: ApiKey) -> ApiKey:
        return replace(key, name="new", expires_at=later, models=models, limits=SpendingLimits(7, 70))

    after = await adapters.api_keys.change(user_id, key_id, changed)
    assert after is not None
    assert (after.spending, after.limits, after.name) == (Spending(2, 2), SpendingLimits(7, 70), "new")
    assert await adapters.api_keys.of(user_id) == [after]
    assert await adapters.api_keys.change(stranger, key_id, changed) is None
    assert await adapters.api_keys.change(user_id, uuid7(), changed) is None

    [key] = await adapters.api_keys.of(user_id)
    await adapters.api_keys.change(user_id, key_id, lambda each: replace(each, models=None, limits=NO_LIMITS))
    [without] = await adapters.api_keys.of(user_id)
    assert (without.models, without.limits, key.models) == (None, NO_LIMITS, models)


async def test_the_terms_of_a_key_come_back_as_added(adapters: Adapters) -> None:
    user_id = await adapters.user()
    key = an_api_key(
        user_id, scopes=frozenset({KeyScope.READ}), models=frozenset({"tone"}), limits=SpendingLimits(day=0)
    )
    await adapters.api_keys.add(key, b"digest", most=1)

    holder = await adapters.api_keys.owner(b"digest")

    assert holder is not None
    assert holder.terms == key.terms
    assert holder.user.id == user_id


async def test_many_at_once_spend_a_limit_and_no_more(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1_000)
    key_id, free = await a_key(adapters, user_id, SpendingLimits(day=20)), a_prediction(user_id)

    async def flight() -> int:
        limits = SpendingLimits(day=20)
        return len(await accept(adapters, key_id, a_prediction(user_id), limits=limits))

    recorded = await asyncio.gather(*(flight() for _ in range(60)), accept(adapters, uuid7(), free))

    assert sum(each for each in recorded if isinstance(each, int)) == 20
    assert await adapters.spent(key_id) == Spending(20, 20)
    assert await adapters.deviations() == []
