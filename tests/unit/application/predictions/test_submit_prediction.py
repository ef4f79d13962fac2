"""A repeated key finds its prediction, even if the request would now be refused."""

import pytest

from augury.application.ports import Json
from augury.application.predictions.requests import Replayed
from augury.application.predictions.submit_prediction import Submission
from augury.domain.idempotency import IdempotencyConflict, IdempotencyKey
from augury.domain.identifiers import UserId
from augury.domain.model import ModelNotFound
from augury.domain.prediction import Prediction
from tests.hexagon import Hexagon


def submission(user_id: UserId, *, key: str | None = "k", asked: bytes = b"a") -> Submission:
    return Submission(
        user_id=user_id,
        data={"text": "hi"},
        input=Json(b'{"text":"hi"}'),
        key=None if key is None else IdempotencyKey(key, asked),
        terms=None,
    )


async def test_a_repeated_request_is_the_same_prediction_though_its_model_is_gone(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=3)
    accepted = await hexagon.submit_prediction(submission(user.id))
    hexagon.memory.state.models.clear()

    assert isinstance(accepted, Prediction)
    assert await hexagon.submit_prediction(submission(user.id)) == Replayed(accepted.id)


@pytest.mark.parametrize("key", ["another", None])
async def test_a_new_request_for_a_model_that_is_gone_is_refused(hexagon: Hexagon, key: str | None) -> None:
    user = await hexagon.user(credits=3)
    await hexagon.submit_prediction(submission(user.id))
    hexagon.memory.state.models.clear()

    with pytest.raises(ModelNotFound):
        await hexagon.submit_prediction(submission(user.id, key=key))


async def test_a_key_used_for_something_else_is_a_conflict_though_the_model_is_gone(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=3)
    await hexagon.submit_prediction(submission(user.id))
    hexagon.memory.state.models.clear()

    with pytest.raises(IdempotencyConflict):
        await hexagon.submit_prediction(submission(user.id, asked=b"b"))


async def test_what_was_accepted_under_a_key_is_found_by_its_name_alone(hexagon: Hexagon) -> None:
    user, other = await hexagon.user(credits=3), await hexagon.user(credits=3)
    accepted = await hexagon.submit_prediction(submission(user.id))

    assert isinstance(accepted, Prediction)
    assert await hexagon.find_accepted(user_id=user.id, key="k") == accepted.id
    assert await hexagon.find_accepted(user_id=other.id, key="k") is None
