from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.domain.identifiers import PredictionId, UserId
from augury.domain.model import ModelRef
from augury.domain.prediction import MOST_ATTEMPTS, Failure, Prediction, Status, WrongStatus
from augury.domain.transfer import Transfer, TransferKind

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
QUEUED = Prediction(
    id=PredictionId(UUID(int=1)),
    user_id=UserId(UUID(int=2)),
    model=ModelRef("tone", 1),
    rows=5,
    row_price=3,
    created_at=NOW,
)
RUNNING = QUEUED.start(at=NOW)

Step = Callable[[Prediction], Prediction]
STEPS: dict[str, Step] = {
    "start": lambda prediction: prediction.start(at=LATER),
    "finish all": lambda prediction: prediction.finish(valid_rows=prediction.rows, at=LATER),
    "finish some": lambda prediction: prediction.finish(valid_rows=1, at=LATER),
    "finish none": lambda prediction: prediction.finish(valid_rows=0, at=LATER),
    "fail": lambda prediction: prediction.fail(Failure.MODEL_UNAVAILABLE, at=LATER),
    "hand back": lambda prediction: prediction.hand_back(),
    "abandon": lambda prediction: prediction.abandon(at=LATER),
    "cancel": lambda prediction: prediction.cancel(at=LATER),
    "expire": lambda prediction: prediction.expire(at=LATER),
}
FROM_QUEUED = {"start", "cancel", "expire"}


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=30))
def test_no_transition_leaves_a_final_status(names: list[str]) -> None:
    prediction = QUEUED
    for name in names:
        was = prediction
        try:
            prediction = STEPS[name](prediction)
        except WrongStatus:
            assert prediction is was
            continue
        assert not was.status.is_final, f"{name} left {was.status}"
        assert 0 <= prediction.attempts <= MOST_ATTEMPTS
        assert prediction.status.is_final == (prediction.finished_at is not None)
        assert (prediction.failure is not None) == (prediction.status is Status.FAILED)
        assert (prediction.valid_rows > 0) == (prediction.status is Status.SUCCEEDED)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_each_step_is_possible_from_one_status_only(name: str) -> None:
    finals = [QUEUED.cancel(at=NOW), QUEUED.expire(at=NOW), RUNNING.finish(valid_rows=5, at=NOW)]
    possible, impossible = (QUEUED, RUNNING) if name in FROM_QUEUED else (RUNNING, QUEUED)

    assert STEPS[name](possible) != possible
    for prediction in (impossible, *finals):
        with pytest.raises(WrongStatus) as refusal:
            STEPS[name](prediction)
        assert refusal.value.status is prediction.status


def test_a_started_prediction_knows_when_and_how_often_it_was_started() -> None:
    assert (RUNNING.status, RUNNING.attempts, RUNNING.started_at) == (Status.PROCESSING, 1, NOW)


def test_a_prediction_with_some_valid_rows_succeeds_and_is_charged_for_those() -> None:
    done = RUNNING.finish(valid_rows=2, at=LATER)

    assert (done.status, done.price, done.charged) == (Status.SUCCEEDED, 15, 6)
    assert done.settlement() == (
        Transfer(TransferKind.CAPTURE, QUEUED.user_id, 6, QUEUED.id),
        Transfer(TransferKind.RELEASE, QUEUED.user_id, 9, QUEUED.id),
    )


def test_a_prediction_without_a_valid_row_fails_and_costs_nothing() -> None:
    done = RUNNING.finish(valid_rows=0, at=LATER)

    assert (done.status, done.failure, done.charged) == (Status.FAILED, Failure.NO_VALID_ROW, 0)
    assert done.settlement() == (Transfer(TransferKind.RELEASE, QUEUED.user_id, 15, QUEUED.id),)


@pytest.mark.parametrize("prediction", [QUEUED, RUNNING])
def test_what_is_not_final_cannot_be_settled(prediction: Prediction) -> None:
    with pytest.raises(WrongStatus):
        prediction.settlement()


def test_an_attempt_that_is_handed_back_does_not_count() -> None:
    assert RUNNING.hand_back() == QUEUED


def test_an_abandoned_prediction_is_queued_again_until_its_last_attempt() -> None:
    prediction = QUEUED
    for attempt in range(1, MOST_ATTEMPTS):
        prediction = prediction.start(at=NOW).abandon(at=LATER)
        assert (prediction.status, prediction.attempts) == (Status.QUEUED, attempt)
        assert prediction.started_at is None

    given_up = prediction.start(at=NOW).abandon(at=LATER)

    assert (given_up.status, given_up.failure) == (Status.FAILED, Failure.TOO_MANY_ATTEMPTS)
    assert given_up.finished_at == LATER
