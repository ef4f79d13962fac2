import math
from datetime import timedelta

import pytest

from augury.application.limits import Limits
from augury.application.ports import Json, Unavailable
from augury.application.predictions.decisions import RETRY_AFTER
from augury.application.predictions.requests import Replayed
from augury.domain.balance import Balance, NotEnoughCredits
from augury.domain.idempotency import IdempotencyConflict, IdempotencyKey
from augury.domain.identifiers import UserId, uuid7
from augury.domain.prediction import Prediction, Status
from augury.domain.request import ExpiresTooLate, NoRows, NoValidRow, TooManyPending, TooManyRows
from augury.domain.user import UserNotFound
from tests.hexagon import Hexagon, a_model

GOOD = {"text": "hi"}
BAD = {"text": 1}


class TestARequest:
    """The checks before any transaction."""

    def test_takes_one_row_as_an_object(self, hexagon: Hexagon) -> None:
        request = hexagon.request(UserId(uuid7()), [GOOD], single=True)

        assert (request.rows, request.single, request.input) == (1, True, Json(b'{"text": "hi"}'))

    def test_takes_many_rows_as_an_array(self, hexagon: Hexagon) -> None:
        request = hexagon.request(UserId(uuid7()), [GOOD, GOOD])

        assert (request.rows, request.single) == (2, False)

    def test_of_no_row_at_all_is_refused(self, hexagon: Hexagon) -> None:
        with pytest.raises(NoRows):
            hexagon.request(UserId(uuid7()), [])

    def test_of_more_rows_than_the_limit_is_refused(self) -> None:
        hexagon = Hexagon(Limits(max_rows=2))

        with pytest.raises(TooManyRows) as refusal:
            hexagon.request(UserId(uuid7()), [GOOD] * 3)
        assert (refusal.value.rows, refusal.value.most) == (3, 2)

    @pytest.mark.parametrize("row", [BAD, {}, {**GOOD, "more": 1}, None, "hi", math.nan, [GOOD]])
    def test_without_one_valid_row_is_refused_with_what_is_wrong(self, hexagon: Hexagon, row: object) -> None:
        with pytest.raises(NoValidRow) as refusal:
            hexagon.request(UserId(uuid7()), [row, row])
        assert [error.row for error in refusal.value.errors] == [0, 1]

    def test_with_some_valid_rows_is_taken_whole(self, hexagon: Hexagon) -> None:
        assert hexagon.request(UserId(uuid7()), [BAD, GOOD, BAD]).rows == 3

    def test_waits_no_longer_than_the_limit_for_its_start(self, hexagon: Hexagon) -> None:
        most = hexagon.limits.max_expires_in

        for asked, granted in {None: most, most: most, timedelta(minutes=1): timedelta(minutes=1)}.items():
            assert hexagon.request(UserId(uuid7()), expires_in=asked).expires_in == granted
        with pytest.raises(ExpiresTooLate) as refusal:
            hexagon.request(UserId(uuid7()), expires_in=most + timedelta(seconds=1))
        assert (refusal.value.expires_in, refusal.value.most) == (604_801, 604_800)


async def test_an_accepted_prediction_is_queued_with_its_price_held(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=10)
    request = hexagon.request(user.id, [GOOD] * 4, model=a_model(row_price=2), expires_in=timedelta(hours=1))

    [prediction] = await hexagon.request_predictions([request])

    assert isinstance(prediction, Prediction)
    assert (prediction.status, prediction.price, prediction.user_id) == (Status.QUEUED, 8, user.id)
    assert prediction.created_at == hexagon.clock.now()
    assert prediction.expires_at == hexagon.clock.now() + timedelta(hours=1)
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=2, held=8, pending=1)
    assert (await hexagon.prediction(prediction)).prediction == prediction
    task = hexagon.queue.take()
    assert task is not None
    assert list(task.prediction_ids) == [prediction.id]


async def test_each_request_of_a_group_is_answered_on_its_own_and_in_order(hexagon: Hexagon) -> None:
    rich, poor = await hexagon.user(credits=10), await hexagon.user(credits=2)
    nobody = UserId(uuid7())
    requests = [
        hexagon.request(poor.id, [GOOD] * 2),
        hexagon.request(nobody),
        hexagon.request(poor.id),
        hexagon.request(rich.id, [GOOD] * 3),
    ]

    first, unknown, refused, last = await hexagon.request_predictions(requests)

    assert isinstance(first, Prediction)
    assert isinstance(last, Prediction)
    assert (first.user_id, last.user_id, last.rows) == (poor.id, rich.id, 3)
    assert isinstance(unknown, UserNotFound)
    assert isinstance(refused, NotEnoughCredits)
    assert (refused.available, refused.price) == (0, 1)
    assert await hexagon.balance_of(poor.id) == Balance(poor.id, held=2, pending=1)
    assert await hexagon.balance_of(rich.id) == Balance(rich.id, available=7, held=3, pending=1)
    assert await hexagon.balanced()


async def test_a_smaller_request_may_pass_where_a_larger_one_is_refused(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=2)

    large, small = await hexagon.request_predictions(
        [hexagon.request(user.id, [GOOD] * 3), hexagon.request(user.id)]
    )

    assert isinstance(large, NotEnoughCredits)
    assert isinstance(small, Prediction)


async def test_nobody_spends_more_than_there_is_within_one_group(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=50)

    answers = await hexagon.request_predictions([hexagon.request(user.id) for _ in range(100)])

    assert sum(isinstance(each, Prediction) for each in answers) == 50
    assert sum(isinstance(each, NotEnoughCredits) for each in answers) == 50
    assert await hexagon.balance_of(user.id) == Balance(user.id, held=50, pending=50)
    assert len({each.id for each in answers if isinstance(each, Prediction)}) == 50


async def test_a_user_has_no_more_pending_predictions_than_allowed_free_ones_included() -> None:
    hexagon = Hexagon(Limits(max_pending=2))
    user = await hexagon.user()
    free = a_model(row_price=0)
    requests = [hexagon.request(user.id, model=free) for _ in range(3)]

    *_, refused = await hexagon.request_predictions(requests)

    assert isinstance(refused, TooManyPending)
    assert (refused.pending, refused.most, refused.retry_after) == (2, 2, RETRY_AFTER)


async def test_a_finished_prediction_makes_room_for_the_next() -> None:
    hexagon = Hexagon(Limits(max_pending=1))
    user = await hexagon.user(credits=2)
    await hexagon.request_prediction(user.id)
    with pytest.raises(TooManyPending):
        await hexagon.request_prediction(user.id)

    await hexagon.run_all()

    await hexagon.request_prediction(user.id)


async def test_nobody_is_served_while_everyones_backlog_is_too_long(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    hexagon.backlog.waiting = hexagon.limits.max_waiting

    with pytest.raises(TooManyPending):
        await hexagon.request_prediction(user.id)

    assert await hexagon.balance_of(user.id) == Balance(user.id, available=1)


async def test_a_repeated_request_is_the_same_prediction_and_is_charged_once(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)
    request = hexagon.request(user.id, key=IdempotencyKey("key", b"print"))

    [first] = await hexagon.request_predictions([request])
    [again] = await hexagon.request_predictions([request])

    assert isinstance(first, Prediction)
    assert again == Replayed(first.id)
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=4, held=1, pending=1)


async def test_twins_within_one_group_make_one_prediction(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)
    request = hexagon.request(user.id, key=IdempotencyKey("key", b"print"))

    first, twin = await hexagon.request_predictions([request, request])

    assert isinstance(first, Prediction)
    assert twin == Replayed(first.id)
    assert (await hexagon.balance_of(user.id)).pending == 1


async def test_a_key_used_for_another_request_is_a_conflict(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)
    keys = [IdempotencyKey("key", b"one"), IdempotencyKey("key", b"other")]

    _, conflict = await hexagon.request_predictions([hexagon.request(user.id, key=key) for key in keys])

    assert isinstance(conflict, IdempotencyConflict)


async def test_a_key_is_its_users_alone(hexagon: Hexagon) -> None:
    users = [await hexagon.user(credits=1) for _ in range(2)]
    key = IdempotencyKey("key", b"print")

    answers = await hexagon.request_predictions([hexagon.request(user.id, key=key) for user in users])

    assert all(isinstance(each, Prediction) for each in answers)


async def test_a_refusal_is_not_remembered(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    request = hexagon.request(user.id, key=IdempotencyKey("key", b"print"))
    [refused] = await hexagon.request_predictions([request])
    await hexagon.top_up(user_id=user.id, amount=1)

    [accepted] = await hexagon.request_predictions([request])

    assert isinstance(refused, NotEnoughCredits)
    assert isinstance(accepted, Prediction)


async def test_a_replay_is_answered_even_where_nothing_more_would_be_accepted(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    request = hexagon.request(user.id, key=IdempotencyKey("key", b"print"))
    await hexagon.request_predictions([request])
    hexagon.backlog.waiting = hexagon.limits.max_waiting

    [again] = await hexagon.request_predictions([request])

    assert isinstance(again, Replayed)


async def test_nothing_is_queued_that_was_not_stored(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    request = hexagon.request(user.id)
    hexagon.memory.away = True

    with pytest.raises(Unavailable):
        await hexagon.request_predictions([request])

    assert hexagon.queue.take() is None
