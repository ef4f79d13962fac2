"""`Books.due`: what the sweeper finds, and when it looks again."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from augury.application.predictions.ports.sweeping import Due
from augury.domain.balance import Balance
from augury.domain.identifiers import PredictionId
from augury.domain.prediction import Prediction, Status
from tests.adapters import Adapters, a_prediction

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class Broken(Exception):
    """The error that a test raises inside a transaction."""


def past_everything() -> datetime:
    return datetime.now(UTC) + 100 * HOUR


async def sweep(
    adapters: Adapters, limit: int = 100, *, put_before: datetime | None = None, early: bool = False
) -> Due:
    async with adapters.books() as books:
        return await books.due(limit, put_before=put_before, early=early)


def ids(predictions: Sequence[Prediction]) -> list[PredictionId]:
    return [each.id for each in predictions]


async def queued(adapters: Adapters, how_many: int = 1) -> list[Prediction]:
    user_id = await adapters.user(credits=how_many)
    return await adapters.predictions_of(user_id, how_many)


async def test_nothing_is_due_before_its_time(adapters: Adapters) -> None:
    await queued(adapters, 2)
    await adapters.pass_time(25 * SECOND)

    assert await sweep(adapters, put_before=past_everything()) == Due([], [], [])


async def test_what_the_queue_has_passed_is_lost_once_it_is_due(adapters: Adapters) -> None:
    predictions = await queued(adapters, 3)
    await adapters.pass_time(31 * SECOND)

    due = await sweep(adapters, put_before=past_everything())

    assert ids(due.lost) == ids(predictions)
    assert (due.expired, due.abandoned) == ([], [])
    assert {each.status for each in due.lost} == {Status.QUEUED}


async def test_what_is_lost_still_has_its_prices(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=100)
    prediction = a_prediction(user_id, rows=2, row_price=3, text_price=5, text_bytes=1_001)
    await adapters.accept(user_id, prediction)
    await adapters.pass_time(31 * SECOND)

    [lost] = (await sweep(adapters, put_before=past_everything())).lost

    assert (lost.price, lost.text_price, lost.text_bytes) == (16, 5, 1_001)


async def test_what_the_queue_has_not_passed_is_not_lost(adapters: Adapters) -> None:
    await queued(adapters)
    await adapters.pass_time(HOUR)

    assert await sweep(adapters, put_before=datetime.now(UTC) - 2 * HOUR) == Due([], [], [])
    assert await sweep(adapters, put_before=None) == Due([], [], [])


async def test_at_an_early_sweep_all_that_is_queued_counts_as_lost(adapters: Adapters) -> None:
    waiting, running = await queued(adapters, 2)
    await adapters.claim(running, token=uuid4())

    due = await sweep(adapters, put_before=past_everything(), early=True)

    assert ids(due.lost) == [waiting.id]
    assert (due.expired, due.abandoned) == ([], [])


async def test_the_next_look_is_twice_as_far_away_up_to_ten_minutes(adapters: Adapters) -> None:
    await queued(adapters)
    await adapters.pass_time(31 * SECOND)
    for minutes in (1, 2, 4, 8, 10, 10):
        assert len((await sweep(adapters, put_before=past_everything())).lost) == 1
        await adapters.pass_time(minutes * MINUTE * 0.85)
        assert (await sweep(adapters, put_before=past_everything())).lost == [], f"before {minutes} minutes"
        await adapters.pass_time(minutes * MINUTE * 0.3)


async def test_what_was_put_again_is_not_lost_until_the_queue_has_passed_it_again(adapters: Adapters) -> None:
    await queued(adapters)
    await adapters.pass_time(HOUR)
    assert len((await sweep(adapters, put_before=datetime.now(UTC) + MINUTE)).lost) == 1
    await adapters.pass_time(30 * MINUTE)

    assert (await sweep(adapters, put_before=datetime.now(UTC) - 2 * HOUR)).lost == []


async def test_a_prediction_past_its_deadline_is_expired_and_not_lost(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=2)
    now = datetime.now(UTC)
    late = a_prediction(user_id, expires_at=now - SECOND)
    in_time = a_prediction(user_id, expires_at=now + 100 * HOUR)
    await adapters.accept(user_id, late, in_time)
    await adapters.pass_time(31 * SECOND)

    due = await sweep(adapters, put_before=past_everything())

    assert ids(due.expired) == [late.id]
    assert ids(due.lost) == [in_time.id]


async def test_what_expires_before_its_next_look_is_found_when_it_expires(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    prediction = a_prediction(user_id, expires_at=datetime.now(UTC) + 10 * SECOND)
    await adapters.accept(user_id, prediction)
    assert (await sweep(adapters)).expired == []
    await adapters.pass_time(15 * SECOND)

    assert ids((await sweep(adapters)).expired) == [prediction.id]


async def test_an_expired_prediction_is_found_until_it_is_recorded_as_such(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    await adapters.accept(user_id, a_prediction(user_id, expires_at=datetime.now(UTC) - SECOND))
    await adapters.pass_time(HOUR)
    assert len((await sweep(adapters)).expired) == 1

    async with adapters.books() as books:
        [late] = (await books.due(10, put_before=None)).expired
        expired = late.expire(at=datetime.now(UTC))
        await books.record(changed=[expired], transfers=expired.settlement())

    assert (await sweep(adapters)).expired == []
    assert await adapters.balance(user_id) == Balance(user_id, available=1)
    assert await adapters.deviations() == []


async def test_a_lease_that_ended_is_abandoned_and_a_live_one_left_alone(adapters: Adapters) -> None:
    silent, alive = await queued(adapters, 2)
    await adapters.claim(silent, token=uuid4(), lease=MINUTE)
    await adapters.claim(alive, token=uuid4(), lease=3 * HOUR)
    await adapters.pass_time(HOUR)

    due = await sweep(adapters, put_before=past_everything())

    assert ids(due.abandoned) == [silent.id]
    assert (due.lost, due.expired) == ([], [])
    [found] = due.abandoned
    assert (found.status, found.attempts) == (Status.PROCESSING, 1)


async def test_a_live_lease_is_looked_at_again_when_it_ends(adapters: Adapters) -> None:
    [prediction] = await queued(adapters)
    await adapters.claim(prediction, token=uuid4(), lease=10 * MINUTE)
    await adapters.pass_time(5 * MINUTE)
    assert (await sweep(adapters)).abandoned == []

    await adapters.pass_time(6 * MINUTE)

    assert ids((await sweep(adapters)).abandoned) == [prediction.id]


async def test_an_expiry_does_not_touch_what_is_under_way(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    prediction = a_prediction(user_id, expires_at=datetime.now(UTC) + MINUTE)
    await adapters.accept(user_id, prediction)
    await adapters.claim(prediction, token=uuid4(), lease=3 * HOUR)
    await adapters.pass_time(HOUR)

    assert await sweep(adapters, put_before=past_everything()) == Due([], [], [])


async def test_what_is_queued_again_waits_for_its_message_before_it_is_lost(
    adapters: Adapters,
) -> None:
    [prediction] = await queued(adapters)
    await adapters.claim(prediction, token=uuid4(), lease=MINUTE)
    await adapters.pass_time(HOUR)
    async with adapters.books() as books:
        [silent] = (await books.due(10, put_before=None)).abandoned
        await books.record(changed=[silent.abandon(at=datetime.now(UTC))])

    assert (await sweep(adapters, put_before=past_everything())).lost == []
    await adapters.pass_time(31 * SECOND)
    [lost] = (await sweep(adapters, put_before=past_everything())).lost
    assert (lost.id, lost.attempts) == (prediction.id, 1)


async def test_what_was_handed_back_counts_as_lost_if_its_message_does_not_return(adapters: Adapters) -> None:
    [prediction] = await queued(adapters)
    token = uuid4()
    await adapters.pass_time(HOUR)
    await adapters.claim(prediction, token=token)
    await adapters.work.hand_back(token, [prediction.id])

    assert (await sweep(adapters, put_before=past_everything())).lost == []
    await adapters.pass_time(31 * SECOND)
    assert ids((await sweep(adapters, put_before=past_everything())).lost) == [prediction.id]


async def test_final_predictions_are_never_due(adapters: Adapters) -> None:
    done, canceled = await queued(adapters, 2)
    await adapters.settled(done)
    async with adapters.books() as books:
        end = (await books.prediction(canceled.id)).cancel(at=datetime.now(UTC))
        await books.record(changed=[end], transfers=end.settlement())
    await adapters.pass_time(HOUR)

    assert await sweep(adapters, put_before=past_everything(), early=True) == Due([], [], [])


async def test_a_sweep_takes_no_more_than_its_limit_and_the_next_goes_on(adapters: Adapters) -> None:
    predictions = await queued(adapters, 5)
    await adapters.pass_time(31 * SECOND)

    found = [each for _ in range(3) for each in (await sweep(adapters, 2, put_before=past_everything())).lost]

    assert sorted(ids(found)) == ids(predictions)


async def test_a_sweep_that_is_rolled_back_has_found_nothing(adapters: Adapters) -> None:
    predictions = await queued(adapters, 2)
    await adapters.pass_time(31 * SECOND)

    async def sweep_in_vain() -> None:
        async with adapters.books() as books:
            await books.due(10, put_before=past_everything())
            raise Broken

    with pytest.raises(Broken):
        await sweep_in_vain()
    assert ids((await sweep(adapters, put_before=past_everything())).lost) == ids(predictions)


async def test_sweeps_that_meet_do_not_find_the_same(adapters: Adapters) -> None:
    predictions = await queued(adapters, 6)
    await adapters.pass_time(31 * SECOND)

    sweeps = await asyncio.gather(*(sweep(adapters, put_before=past_everything()) for _ in range(4)))

    found = [each for due in sweeps for each in due.lost]
    assert sorted(ids(found)) == ids(predictions)
