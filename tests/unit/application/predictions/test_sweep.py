from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from augury.application.limits import Limits
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.ports.queue import Task
from augury.application.predictions.ports.work import ClaimTerms
from augury.application.predictions.sweep import SLACK, Swept
from augury.domain.balance import Balance
from augury.domain.prediction import MOST_ATTEMPTS, Failure, Prediction, Status
from tests.hexagon import Hexagon

MINUTE = timedelta(minutes=1)


def lose_everything(hexagon: Hexagon) -> None:
    """As if the broker had forgotten its messages."""
    while hexagon.queue.take():
        pass


def tasks(hexagon: Hexagon) -> list[Task]:
    found: list[Task] = []
    while task := hexagon.queue.take():
        found.append(task)
    return found


async def die_under(hexagon: Hexagon, *predictions: Prediction) -> None:
    """A worker starts these predictions and falls silent."""
    await hexagon.work.claim(
        [each.id for each in predictions],
        ClaimTerms(token=UUID(int=1), lease=MINUTE, most_rows=99, most_bytes=999),
    )
    hexagon.clock.advance(2 * MINUTE)


async def test_what_was_lost_is_put_on_the_queue_again_together(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=20)
    predictions = [await hexagon.request_prediction(user.id) for _ in range(20)]
    lose_everything(hexagon)
    hexagon.clock.advance(2 * MINUTE)

    assert await hexagon.sweep() == Swept(lost=20)

    found = tasks(hexagon)
    assert [len(task.prediction_ids) for task in found] == [20]
    assert {each for task in found for each in task.prediction_ids} == {each.id for each in predictions}


async def test_a_backlog_that_waits_in_the_queue_is_not_put_there_again(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=20)
    for _ in range(20):
        await hexagon.request_prediction(user.id)
    queued = len(hexagon.memory.state.predictions)
    hexagon.clock.advance(60 * MINUTE)

    assert await hexagon.sweep() == Swept()

    assert sum(len(task.prediction_ids) for task in tasks(hexagon)) == queued


async def test_what_the_queue_passed_only_just_now_is_left_to_those_who_have_it_in_hand(
    hexagon: Hexagon,
) -> None:
    user = await hexagon.user(credits=2)
    await hexagon.request_prediction(user.id)
    hexagon.clock.advance(SLACK / 2)
    await hexagon.request_prediction(user.id)
    hexagon.queue.take()
    hexagon.clock.advance(10 * MINUTE)

    assert await hexagon.sweep() == Swept()


async def test_an_early_sweep_fills_a_queue_that_starts_empty(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=3)
    predictions = [await hexagon.request_prediction(user.id) for _ in range(3)]
    lose_everything(hexagon)

    hexagon.clock.advance(timedelta(seconds=1))
    sweep = replace(hexagon.sweep, limits=replace(hexagon.limits, sweep_batch=2))
    began = hexagon.clock.now()

    assert [(await sweep(empty_since=began)).lost for _ in range(3)] == [2, 1, 0]

    await hexagon.run_all()
    for each in predictions:
        assert (await hexagon.prediction(each)).prediction.status is Status.SUCCEEDED


async def test_a_prediction_that_waited_too_long_expires_and_returns_its_credits(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)
    prediction = await hexagon.request_prediction(user.id, [{"text": "hi"}] * 5, expires_in=MINUTE)
    hexagon.clock.advance(2 * MINUTE)

    assert await hexagon.sweep() == Swept(ended=1)

    stored = await hexagon.prediction(prediction)
    assert (stored.prediction.status, stored.prediction.finished_at) == (Status.EXPIRED, hexagon.clock.now())
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=5)
    assert hexagon.told == [Ended(prediction.id, user.id, Status.EXPIRED)]
    assert await hexagon.balanced()


async def test_what_a_silent_worker_left_is_queued_again_alone_and_as_a_later_attempt(
    hexagon: Hexagon,
) -> None:
    user = await hexagon.user(credits=2)
    predictions = [await hexagon.request_prediction(user.id) for _ in range(2)]
    lose_everything(hexagon)
    await die_under(hexagon, *predictions)

    assert await hexagon.sweep() == Swept(requeued=2)

    found = tasks(hexagon)
    assert sorted(task.prediction_ids[0] for task in found) == sorted(each.id for each in predictions)
    assert [(len(task.prediction_ids), task.attempt) for task in found] == [(1, 2), (1, 2)]
    assert hexagon.told == []


async def test_a_lost_later_attempt_is_put_again_alone(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    await die_under(hexagon, prediction)
    await hexagon.sweep()
    lose_everything(hexagon)
    hexagon.clock.advance(2 * MINUTE)

    assert await hexagon.sweep() == Swept(lost=1)

    assert tasks(hexagon) == [Task((prediction.id,), attempt=2)]


async def test_after_its_last_attempt_a_prediction_is_given_up_and_costs_nothing(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    for _ in range(MOST_ATTEMPTS - 1):
        await die_under(hexagon, prediction)
        assert await hexagon.sweep() == Swept(requeued=1)
    lose_everything(hexagon)
    await die_under(hexagon, prediction)

    assert await hexagon.sweep() == Swept(ended=1)

    stored = await hexagon.prediction(prediction)
    assert (stored.prediction.status, stored.prediction.failure) == (
        Status.FAILED,
        Failure.TOO_MANY_ATTEMPTS,
    )
    assert stored.prediction.attempts == MOST_ATTEMPTS
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=1)
    assert hexagon.told == [Ended(prediction.id, user.id, Status.FAILED)]
    assert tasks(hexagon) == []
    assert await hexagon.balanced()


async def test_a_worker_that_only_works_long_is_left_alone(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    token = UUID(int=1)
    await hexagon.work.claim(
        [prediction.id], ClaimTerms(token=token, lease=MINUTE, most_rows=9, most_bytes=999)
    )
    for _ in range(5):
        hexagon.clock.advance(MINUTE / 2)
        await hexagon.work.renew(token, lease=MINUTE, ids=[prediction.id])
        assert await hexagon.sweep() == Swept()


async def test_one_sweep_repairs_no_more_than_its_limit_and_the_next_goes_on() -> None:
    hexagon = Hexagon(Limits(sweep_batch=2))
    user = await hexagon.user(credits=3)
    for _ in range(3):
        await hexagon.request_prediction(user.id, expires_in=MINUTE)
    hexagon.clock.advance(2 * MINUTE)

    assert [await hexagon.sweep() for _ in range(3)] == [Swept(ended=2), Swept(ended=1), Swept()]


async def test_with_nothing_to_repair_nothing_happens(hexagon: Hexagon) -> None:
    assert await hexagon.sweep() == Swept()
    assert hexagon.told == []
