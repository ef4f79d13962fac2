"""The bulk lane: users take turns by how much was run for them."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augury.application.predictions.ports.work import Claimed
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId
from augury.domain.lane import Lane
from augury.domain.prediction import Prediction, Status
from tests.adapters import INPUT, LEASE, Adapters, a_prediction, finish

SLICE = 10
HOUR = timedelta(hours=1)


async def in_bulk(adapters: Adapters, user_id: UserId, *costs: int) -> list[Prediction]:
    """Predictions that wait in the bulk lane, one for each cost."""
    predictions = sorted((a_prediction(user_id, row_price=0) for _ in costs), key=lambda each: each.id)
    for each, cost in zip(predictions, costs, strict=True):
        await adapters.accept(user_id, each, bulk_cost=cost)
    return predictions


async def pick(adapters: Adapters, *, token: UUID | None = None, most: int = 100) -> Sequence[Claimed]:
    return await adapters.work.pick(token=token or uuid4(), lease=LEASE, most=most, most_cost=SLICE)


async def turns(adapters: Adapters, count: int) -> list[UserId]:
    """The users whose turn it was in `count` picks."""
    return [(await pick(adapters))[0].prediction.user_id for _ in range(count)]


def ids(found: Sequence[Claimed]) -> list[UUID]:
    return [each.prediction.id for each in found]


async def test_a_pick_starts_the_oldest_of_a_user_and_brings_the_rows(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=5)
    predictions = sorted((a_prediction(user_id) for _ in range(3)), key=lambda each: each.id)
    await adapters.accept(user_id, *predictions, bulk_cost=4)

    claimed = await pick(adapters)

    assert ids(claimed) == [each.id for each in predictions[:2]]  # 4 + 4, a third would make 12
    for each in claimed:
        assert (each.prediction.status, each.prediction.attempts, each.input) == (Status.PROCESSING, 1, INPUT)
        assert await adapters.now(each.prediction) == each.prediction
    assert await adapters.balance(user_id) == Balance(user_id, available=2, held=3, pending=3)
    assert ids(await pick(adapters)) == [predictions[2].id]
    assert await pick(adapters) == ()


async def test_a_run_is_found_by_its_token_and_handed_back_without_an_attempt(adapters: Adapters) -> None:
    user_id, token = await adapters.user(credits=5), uuid4()
    [prediction] = await in_bulk(adapters, user_id, 4)
    assert await adapters.work.run_of(token) == []
    await pick(adapters, token=token)

    begun = await adapters.work.run_of(token)
    await adapters.work.hand_back(token, begun)

    assert begun == [prediction.id]
    assert await adapters.work.run_of(token) == []
    found = await adapters.now(prediction)
    assert (found.status, found.attempts) == (Status.QUEUED, 0)
    assert ids(await pick(adapters)) == [prediction.id]


async def test_what_is_picked_is_settled_like_everything_else(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=5)
    prediction = a_prediction(user_id, rows=5)
    await adapters.accept(user_id, prediction, bulk_cost=5)
    token = uuid4()

    [claim] = await pick(adapters, token=token)
    await adapters.work.settle(token, [finish(claim.prediction, valid_rows=3)])

    assert await adapters.balance(user_id) == Balance(user_id, available=2)
    assert await adapters.deviations() == []
    assert await pick(adapters) == ()


async def test_what_is_picked_has_its_prices(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=100)
    prediction = a_prediction(user_id, row_price=2, text_price=5, text_bytes=1_001)
    await adapters.accept(user_id, prediction, bulk_cost=1)

    [claim] = await pick(adapters)

    assert (claim.prediction.price, claim.prediction.text_price) == (12, 5)


async def test_the_first_is_taken_whatever_it_costs_and_no_more_than_so_many(adapters: Adapters) -> None:
    user_id = await adapters.user()
    huge, *small = await in_bulk(adapters, user_id, 5 * SLICE, 1, 1, 1)

    assert ids(await pick(adapters)) == [huge.id]
    assert ids(await pick(adapters, most=2)) == [each.id for each in small[:2]]


async def test_a_short_pick_passes_over_users_whose_oldest_is_larger_than_a_slice(adapters: Adapters) -> None:
    first, second, third = [await adapters.user() for _ in range(3)]
    [huge, _] = await in_bulk(adapters, first, 5 * SLICE, 1)
    two = await in_bulk(adapters, second, SLICE - 2, 2, 5 * SLICE)
    [one] = await in_bulk(adapters, third, 1)

    async def short() -> list[UUID]:
        work = adapters.work
        return ids(await work.pick(token=uuid4(), lease=LEASE, most=9, most_cost=SLICE, short=True))

    assert [each for _ in range(3) for each in await short()] in (
        [*(each.id for each in two[:2]), one.id],
        [one.id, *(each.id for each in two[:2])],
    )
    assert ids(await pick(adapters)) == [huge.id]


async def test_small_work_is_not_in_the_bulk_lane_and_bulk_work_can_be_claimed_by_its_id(
    adapters: Adapters,
) -> None:
    user_id = await adapters.user(credits=1)
    await adapters.predictions_of(user_id, 1)
    [bulk, other] = await in_bulk(adapters, user_id, SLICE, SLICE)

    assert ids(await adapters.claim(bulk, token=uuid4())) == [bulk.id]  # as an earlier release does
    assert ids(await pick(adapters)) == [other.id]
    assert await pick(adapters) == ()
    assert (await adapters.bulk_lane.waiting(most_users=9)).predictions == 0


async def test_lists_tell_in_which_lane_a_prediction_waits(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    [small] = await adapters.predictions_of(user_id, 1)
    [begun, waiting] = await in_bulk(adapters, user_id, SLICE, SLICE)
    assert ids(await pick(adapters)) == [begun.id]

    expected = {small.id: Lane.SMALL, waiting.id: Lane.BULK, begun.id: None}
    listed = await adapters.predictions.listed(expected)
    pages = [
        (await adapters.predictions.page(user_id, limit=9, model=model)).items for model in (None, "tone@1")
    ]
    for found in (listed, *pages):
        assert {each.prediction.id: each.lane for each in found} == expected


async def test_users_take_turns_however_much_each_has_waiting(adapters: Adapters) -> None:
    heavy, light = await adapters.user(), await adapters.user()
    await in_bulk(adapters, heavy, *[SLICE] * 6)
    await in_bulk(adapters, light, *[SLICE] * 2)

    served = await turns(adapters, 8)

    assert Counter(served[:4]) == {heavy: 2, light: 2}
    assert set(served[4:]) == {heavy}


async def test_who_comes_later_is_neither_behind_the_backlog_nor_paid_for_idle_time(
    adapters: Adapters,
) -> None:
    heavy, late = await adapters.user(), await adapters.user()
    await in_bulk(adapters, late, SLICE)
    assert await turns(adapters, 1) == [late]
    await in_bulk(adapters, heavy, *[SLICE] * 20)
    await turns(adapters, 10)

    await in_bulk(adapters, late, *[SLICE] * 5)
    served = await turns(adapters, 6)

    assert Counter(served) == {heavy: 3, late: 3}


async def test_a_user_with_twice_the_weight_gets_twice_as_much(adapters: Adapters) -> None:
    one, two = await adapters.user(), await adapters.user()
    await adapters.bulk_lane.set_weight(two, 2)
    for user_id in (one, two):
        await in_bulk(adapters, user_id, *[SLICE] * 12)

    assert Counter(await turns(adapters, 12)) == {one: 4, two: 8}

    await adapters.bulk_lane.set_weight(two, 1)
    assert Counter(await turns(adapters, 4)) == {one: 2, two: 2}


async def test_picks_at_the_same_time_take_different_users_and_nothing_twice(adapters: Adapters) -> None:
    users = [await adapters.user() for _ in range(4)]
    for user_id in users:
        await in_bulk(adapters, user_id, *[SLICE] * 3)

    picked: list[Claimed] = []
    while more := [
        each for found in await asyncio.gather(*(pick(adapters) for _ in range(4))) for each in found
    ]:
        picked += more

    assert len(set(ids(picked))) == len(picked) == 12


async def test_picks_at_the_same_time_share_the_work_of_one_user(adapters: Adapters) -> None:
    predictions = await in_bulk(adapters, await adapters.user(), *[SLICE] * 6)

    picks = await asyncio.gather(*(pick(adapters) for _ in range(6)))

    assert sorted(each for found in picks for each in ids(found)) == [each.id for each in predictions]


async def test_what_ended_or_expired_while_it_waited_is_passed_over(adapters: Adapters) -> None:
    user_id = await adapters.user()
    canceled, *_, last = await in_bulk(adapters, user_id, SLICE, SLICE)
    late = [a_prediction(user_id, row_price=0, expires_at=datetime.now(UTC) - HOUR) for _ in range(3)]
    await adapters.accept(user_id, *late, bulk_cost=1)
    async with adapters.books() as books:
        end = (await books.prediction(canceled.id)).cancel(at=datetime.now(UTC))
        await books.record(changed=[end])

    assert ids(await pick(adapters, most=2)) == [last.id]
    assert await pick(adapters, most=2) == ()
    await adapters.pass_time(HOUR)
    async with adapters.books() as books:
        due = await books.due(10, put_before=None)
    assert sorted(each.id for each in due.expired) == sorted(each.id for each in late)


async def test_what_is_handed_back_waits_again_and_is_not_charged_to_its_user(adapters: Adapters) -> None:
    first, second = await adapters.user(), await adapters.user()
    mine = await in_bulk(adapters, first, SLICE)
    token = uuid4()
    await pick(adapters, token=token)
    await in_bulk(adapters, second, *[SLICE] * 3)

    await adapters.work.hand_back(token, [mine[0].id])
    await in_bulk(adapters, first, *[SLICE] * 3)

    assert await adapters.now(mine[0]) == mine[0]
    assert Counter(await turns(adapters, 4)) == {first: 2, second: 2}


async def test_what_a_dead_worker_left_is_run_again_alone_and_not_by_a_pick(adapters: Adapters) -> None:
    [prediction] = await in_bulk(adapters, await adapters.user(), SLICE)
    await pick(adapters)
    await adapters.pass_time(HOUR)
    async with adapters.books() as books:
        [abandoned] = (await books.due(10, put_before=None)).abandoned
        await books.record(changed=[abandoned.abandon(at=datetime.now(UTC))])

    assert await pick(adapters) == ()
    token = uuid4()
    [again] = await adapters.claim(prediction, token=token)
    assert again.prediction.attempts == 2
    await adapters.work.hand_back(token, [prediction.id])
    assert await pick(adapters) == ()
    await adapters.pass_time(HOUR)
    async with adapters.books() as books:
        [lost] = (await books.due(10, put_before=datetime.now(UTC) + 24 * HOUR)).lost
    assert lost.id == prediction.id


async def test_what_waits_in_the_bulk_lane_never_counts_as_lost(adapters: Adapters) -> None:
    await in_bulk(adapters, await adapters.user(), SLICE)
    small = (await adapters.predictions_of(await adapters.user(credits=1), 1))[0]
    await adapters.pass_time(HOUR)

    async with adapters.books() as books:
        due = await books.due(1, put_before=datetime.now(UTC) + 24 * HOUR, early=True)

    assert [each.id for each in due.lost] == [small.id]


async def test_the_lane_tells_who_waits_for_how_much(adapters: Adapters) -> None:
    assert (await adapters.bulk_lane.waiting(most_users=9)).oldest is None
    heavy, light, idle = [await adapters.user() for _ in range(3)]
    await adapters.bulk_lane.set_weight(heavy, 2.5)
    await adapters.bulk_lane.set_weight(idle, 5)
    predictions = await in_bulk(adapters, light, 3, 4)
    predictions += await in_bulk(adapters, heavy, SLICE)

    waiting = await adapters.bulk_lane.waiting(most_users=9)

    assert (waiting.predictions, waiting.users) == (3, 2)
    assert waiting.oldest is not None
    assert [(user.user_id, user.waiting, user.cost, user.weight) for user in waiting.by_user] == [
        (heavy, 1, SLICE, 2.5),
        (light, 2, 7, 1),
    ]
    [most] = (await adapters.bulk_lane.waiting(most_users=1)).by_user
    assert most.user_id == heavy
    assert set(await adapters.bulk_lane.ids(at_most=9)) == {each.id for each in predictions}
    assert len(await adapters.bulk_lane.ids(at_most=2)) == 2


COST = st.integers(1, 3 * SLICE)
STEP = st.one_of(st.tuples(st.integers(0, 2), st.lists(COST, min_size=1, max_size=4)), st.none())
"""Work of one of three users that arrives, or a pick."""


@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (1.0, 2.0, 4.0)])
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=1, max_size=25))
async def test_whatever_arrives_and_is_picked_nobody_who_waits_lags_by_more_than_one_pick(
    adapters: Adapters, weights: tuple[float, float, float], steps: list[tuple[int, list[int]] | None]
) -> None:
    """While two users wait, the work that was run for each, divided by its weight, differs by at most one
    pick of each."""
    while await pick(adapters):
        pass  # left by an earlier example
    users = [await adapters.user() for _ in weights]
    for user_id, weight in zip(users, weights, strict=True):
        await adapters.bulk_lane.set_weight(user_id, weight)
    costs: dict[UUID, int] = {}
    waiting: dict[UserId, int] = dict.fromkeys(users, 0)
    together: dict[tuple[UserId, UserId], dict[UserId, float]] = {}
    for step in [*steps, *[None] * sum(len(step[1]) for step in steps if step)]:
        if step:
            user_id = users[step[0]]
            for each, cost in zip(await in_bulk(adapters, user_id, *step[1]), step[1], strict=True):
                costs[each.id] = cost
                waiting[user_id] += 1
        else:
            claimed = await pick(adapters)
            assert bool(claimed) == any(waiting.values()), "something waits and nobody is served"
            if claimed:
                served = claimed[0].prediction.user_id
                waiting[served] -= len(claimed)
                given = sum(costs[each.prediction.id] for each in claimed) / weights[users.index(served)]
                for pair, service in together.items():
                    if served in pair:
                        service[served] += given
                        one, other = pair
                        assert abs(service[one] - service[other]) <= sum(
                            3 * SLICE / weights[users.index(user_id)] for user_id in pair
                        )
        for place, one in enumerate(users):
            for other in users[place + 1 :]:
                if waiting[one] and waiting[other]:
                    together.setdefault((one, other), {one: 0.0, other: 0.0})
                else:
                    together.pop((one, other), None)
    assert not any(waiting.values())
