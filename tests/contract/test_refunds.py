import asyncio

import pytest

from augury.application.money.ports import Moved
from augury.application.money.refund_prediction import RefundPrediction
from augury.domain.balance import Balance
from augury.domain.idempotency import IdempotencyKey
from augury.domain.prediction import AlreadyRefunded, NotRefundable
from augury.domain.user import UserNotFound
from tests.adapters import Adapters, a_prediction


def refunding(adapters: Adapters) -> RefundPrediction:
    return RefundPrediction(users=adapters.users, books=adapters.books)


async def test_many_refunds_at_once_are_one_and_the_others_are_told_so(adapters: Adapters) -> None:
    """There are more of them than connections in the pool."""
    user_id = await adapters.user(credits=10)
    prediction = a_prediction(user_id, rows=2, row_price=3)
    await adapters.accept(user_id, prediction)
    await adapters.settled(prediction)

    answers = await asyncio.gather(
        *(refunding(adapters)(prediction_id=prediction.id, amount=4) for _ in range(30)),
        return_exceptions=True,
    )

    assert [answer for answer in answers if isinstance(answer, Moved)] == [
        Moved(Balance(user_id, available=8))
    ]
    assert sum(isinstance(answer, AlreadyRefunded) for answer in answers) == 29
    assert await adapters.balance(user_id) == Balance(user_id, available=8)
    assert await adapters.deviations() == []


async def test_a_repeated_key_gives_nothing_back_again_and_says_so(adapters: Adapters) -> None:
    user_id, admin_id = await adapters.user(credits=10), await adapters.user()
    prediction = a_prediction(user_id, rows=2, row_price=3)
    await adapters.accept(user_id, prediction)
    await adapters.settled(prediction)
    key = (admin_id, IdempotencyKey("key", b"print"))

    answers = [await refunding(adapters)(prediction_id=prediction.id, amount=4, key=key) for _ in range(2)]

    after = Balance(user_id, available=8)
    assert answers == [Moved(after, replayed=False), Moved(after, replayed=True)]
    assert await adapters.deviations() == []


async def test_a_refunded_prediction_says_so_wherever_it_is_read(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    partly, fully, never = (a_prediction(user_id, rows=2) for _ in range(3))
    for prediction in (partly, fully, never):
        await adapters.accept(user_id, prediction)
        await adapters.settled(prediction)
    await refunding(adapters)(prediction_id=partly.id, amount=1)
    await refunding(adapters)(prediction_id=fully.id)

    page = (await adapters.predictions.page(user_id, limit=3)).items
    several = await adapters.predictions.several([partly.id, fully.id, never.id])
    read = [await adapters.predictions.get(each.id, owner=user_id) for each in (partly, fully, never)]

    for stored in (page, several, read):
        refunded = {each.prediction.id: each.refunded for each in stored}
        assert refunded == {partly.id: 1, fully.id: read[1].prediction.charged, never.id: 0}


async def test_what_is_under_way_cannot_be_refunded(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    [prediction] = await adapters.predictions_of(user_id, 1)

    with pytest.raises(NotRefundable):
        await refunding(adapters)(prediction_id=prediction.id)

    assert await adapters.balance(user_id) == Balance(user_id, available=0, held=1, pending=1)


async def test_a_closed_account_is_refunded_nothing(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    [prediction] = await adapters.predictions_of(user_id, 1)
    await adapters.settled(prediction)
    user = await adapters.users.get(user_id)
    async with adapters.books() as books:
        await books.close(user.close(at=user.created_at))

    with pytest.raises(UserNotFound):
        await refunding(adapters)(prediction_id=prediction.id)

    assert await adapters.deviations() == []
