import pytest

from augury.application.predictions.ports.events import Ended
from augury.domain.balance import Balance
from augury.domain.identifiers import PredictionId, uuid7
from augury.domain.prediction import PredictionNotFound, Status, WrongStatus
from tests.hexagon import Hexagon


async def test_canceling_a_queued_prediction_returns_its_credits(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=3)
    prediction = await hexagon.request_prediction(user.id)

    canceled = await hexagon.cancel_prediction(user_id=user.id, prediction_id=prediction.id)

    assert canceled.status is Status.CANCELED
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=3)
    assert (await hexagon.prediction(prediction)).prediction == canceled
    assert await hexagon.balanced()


async def test_the_world_is_told_of_a_canceled_prediction(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)

    await hexagon.cancel_prediction(user_id=user.id, prediction_id=prediction.id)

    assert hexagon.told == [Ended(prediction.id, user.id, Status.CANCELED)]


async def test_a_canceled_prediction_is_not_run(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    await hexagon.cancel_prediction(user_id=user.id, prediction_id=prediction.id)

    await hexagon.run_all()

    assert (await hexagon.prediction(prediction)).prediction.status is Status.CANCELED
    assert hexagon.predictor.asked == []


async def test_a_prediction_that_has_started_cannot_be_canceled(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    await hexagon.run_all()

    with pytest.raises(WrongStatus) as refusal:
        await hexagon.cancel_prediction(user_id=user.id, prediction_id=prediction.id)

    assert refusal.value.status is Status.SUCCEEDED
    assert await hexagon.balance_of(user.id) == Balance(user.id)


async def test_another_users_prediction_looks_as_if_there_were_none(hexagon: Hexagon) -> None:
    user, stranger = await hexagon.user(credits=1), await hexagon.user()
    prediction = await hexagon.request_prediction(user.id)

    with pytest.raises(PredictionNotFound):
        await hexagon.cancel_prediction(user_id=stranger.id, prediction_id=prediction.id)
    with pytest.raises(PredictionNotFound):
        await hexagon.cancel_prediction(user_id=user.id, prediction_id=PredictionId(uuid7()))

    assert (await hexagon.prediction(prediction)).prediction.status is Status.QUEUED
