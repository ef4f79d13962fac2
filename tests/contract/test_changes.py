"""What happened to a user's predictions, in order: their event streams go on from any position of it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from augury.application.predictions.ports.changes import Change, Position
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Prediction
from augury.domain.retention import FREE_CHANGES
from tests.adapters import Adapters, a_prediction, finish

START = Position()


async def since(
    adapters: Adapters, user_id: UserId, position: Position = START, limit: int = 100
) -> list[Change]:
    [found] = await adapters.changes.since([(user_id, position)], limit=limit)
    return list(found)


def told(changes: list[Change]) -> list[tuple[PredictionId, bool]]:
    return [(each.prediction_id, each.ended) for each in changes]


async def settled_in_part(adapters: Adapters, prediction: Prediction, valid_rows: int) -> None:
    token = uuid4()
    [claimed] = await adapters.claim(prediction, token=token)
    await adapters.work.settle(token, [finish(claimed.prediction, valid_rows=valid_rows)])


async def cancel(adapters: Adapters, prediction: Prediction) -> None:
    async with adapters.books() as books:
        await books.open([prediction.user_id])
        canceled = (await books.prediction(prediction.id)).cancel(at=datetime.now(UTC))
        await books.record(changed=[canceled], transfers=canceled.settlement())


async def test_acceptance_and_end_are_changes_in_their_order(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    one, other = await adapters.predictions_of(user_id, 2)
    await adapters.settled(other)
    await adapters.settled(one)

    changes = await since(adapters, user_id)

    assert told(changes) == [(one.id, False), (other.id, False), (other.id, True), (one.id, True)]
    numbers = [each.position.paid for each in changes]
    assert numbers == sorted(set(numbers))
    assert (await adapters.changes.newest([user_id]))[user_id] == changes[-1].position


async def test_reading_goes_on_from_any_position_up_to_a_limit(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=3)
    await adapters.predictions_of(user_id, 3)
    whole = await since(adapters, user_id)

    assert await since(adapters, user_id, limit=2) == whole[:2]
    assert await since(adapters, user_id, whole[0].position) == whole[1:]
    assert await since(adapters, user_id, whole[-1].position) == []


async def test_several_users_are_read_at_once_each_from_an_own_position(adapters: Adapters) -> None:
    first, second = await adapters.user(credits=2), await adapters.user(credits=1)
    mine, [yours] = await adapters.predictions_of(first, 2), await adapters.predictions_of(second, 1)
    begin = (await since(adapters, first))[0].position

    asked = [(first, begin), (second, START), (first, START), (await adapters.user(), START)]
    found = [told(list(each)) for each in await adapters.changes.since(asked, limit=10)]

    assert found == [
        [(mine[1].id, False)],
        [(yours.id, False)],
        [(each.id, False) for each in mine],
        [],
    ]


async def test_what_is_charged_in_part_ends_once(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    prediction = a_prediction(user_id, rows=2)
    await adapters.accept(user_id, prediction)
    await settled_in_part(adapters, prediction, 1)

    assert told(await since(adapters, user_id)) == [(prediction.id, False), (prediction.id, True)]


async def test_what_was_canceled_has_ended(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    [prediction] = await adapters.predictions_of(user_id, 1)
    await cancel(adapters, prediction)

    assert told(await since(adapters, user_id))[-1] == (prediction.id, True)


async def test_what_costs_nothing_is_told_too(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    free = [replace(a_prediction(user_id), row_price=0) for _ in range(2)]
    paid = a_prediction(user_id)
    await adapters.accept(user_id, *free, paid)
    await adapters.settled(free[0])
    await adapters.settled(paid)
    await cancel(adapters, free[1])

    changes = await since(adapters, user_id)

    both = [(each.id, False) for each in free]
    assert told(changes)[:2] == [(paid.id, False), (paid.id, True)]
    assert sorted(told(changes)[2:4]) == sorted(both)
    assert told(changes)[4:] == [(free[0].id, True), (free[1].id, True)]
    assert (await adapters.changes.newest([user_id]))[user_id] == changes[-1].position
    assert await since(adapters, user_id, changes[-2].position) == changes[-1:]


async def test_free_changes_are_deleted_by_age_up_to_the_newest_of_all(adapters: Adapters) -> None:
    user_id = await adapters.user()
    assert await adapters.changes.oldest_free() == 0
    await adapters.accept(user_id, replace(a_prediction(user_id), row_price=0))
    await adapters.accept(user_id, replace(a_prediction(user_id), row_price=0))
    first, newest = (each.position.free for each in await since(adapters, user_id))
    assert await adapters.changes.oldest_free() == first
    await adapters.pass_time(FREE_CHANGES - timedelta(hours=1))
    assert await adapters.upkeep.purge() == 0
    assert len(await since(adapters, user_id)) == 2

    await adapters.pass_time(timedelta(hours=2))

    assert await adapters.upkeep.purge() == 1
    assert await adapters.upkeep.purge() == 0
    assert await adapters.changes.oldest_free() == newest
    assert (await adapters.changes.newest([user_id]))[user_id].free == newest


async def test_no_change_appears_before_one_that_was_read(adapters: Adapters) -> None:
    """Whatever commits at the same time: a reader that goes on from the last position misses nothing."""
    user_id = await adapters.user(credits=40)
    read: list[Change] = []

    async def submit(number: int) -> None:
        prediction = replace(a_prediction(user_id), row_price=number % 2)
        await adapters.accept(user_id, prediction)
        await adapters.settled(prediction)

    async def follow() -> None:
        while len(read) < 80:
            read.extend(await since(adapters, user_id, read[-1].position if read else START, limit=7))
            await asyncio.sleep(0)

    async with asyncio.timeout(120):
        await asyncio.gather(follow(), *(submit(number) for number in range(40)))

    assert sorted(told(read)) == sorted(told(await since(adapters, user_id)))
    assert len(read) == 80
