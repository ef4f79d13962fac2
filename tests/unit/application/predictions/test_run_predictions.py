import asyncio
import json
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.ports import Unavailable
from augury.application.predictions.execution import PredictTimedOut
from augury.application.predictions.ports.predictor import Outcome, Predictor, Question, Turn
from augury.application.predictions.ports.work import Claimed, ClaimTerms, Finished
from augury.domain.balance import Balance
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Lane
from augury.domain.model import Model, ModelRef, ModelState
from augury.domain.prediction import Failure, Prediction, Status
from augury.outbound.memory.models import MemoryModels
from augury.outbound.memory.predictor import BREAKING
from augury.outbound.memory.work import MemoryWork
from tests.hexagon import Hexagon, a_model, over
from tests.polling import eventually

SHORT, LONG = {"text": "hi"}, {"text": "more than ten characters"}
BAD, BREAKS = {"text": 1}, {"text": BREAKING}


class Stuck(Predictor):
    """Never answers, and reports when it is called."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    @override
    async def predict(
        self, model: Model, questions: Sequence[Question], turn: Turn = nullcontext, lane: Lane = Lane.SMALL
    ) -> Sequence[Outcome]:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")


@dataclass(frozen=True, slots=True)
class Away(MemoryWork):
    """Work whose database is away during the first calls of the named methods."""

    failures: dict[str, int]
    calls: list[str]

    def _meet(self, name: str) -> None:
        self.calls.append(name)
        if self.failures.get(name, 0) >= self.calls.count(name):
            raise Unavailable("the database is away")

    @override
    async def renew(self, token: UUID, *, lease: timedelta, ids: Collection[PredictionId]) -> int:
        self._meet("renew")
        return await MemoryWork.renew(self, token, lease=lease, ids=ids)

    @override
    async def settle(self, token: UUID, finished: Sequence[Finished]) -> Sequence[PredictionId]:
        self._meet("settle")
        return await MemoryWork.settle(self, token, finished)

    @override
    async def hand_back(self, token: UUID, ids: Collection[PredictionId]) -> Sequence[PredictionId]:
        self._meet("hand_back")
        return await MemoryWork.hand_back(self, token, ids)


def away(hexagon: Hexagon, **failures: int) -> Away:
    return Away(hexagon.memory, failures, [])


def impatient(**durations: timedelta) -> Limits:
    """Limits far shorter than the settings allow, so that no test waits for seconds."""
    limits = Limits()
    for name, duration in durations.items():
        object.__setattr__(limits, name, duration)
    return limits


def told(hexagon: Hexagon) -> list[tuple[PredictionId, UserId, Status]]:
    """Of which ends the events were."""
    return [(each.prediction_id, each.user_id, each.status) for each in hexagon.told]


async def status(hexagon: Hexagon, prediction: Prediction) -> Status:
    return (await hexagon.prediction(prediction)).prediction.status


async def test_a_single_row_is_answered_with_one_object(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id, [LONG], single=True)

    await hexagon.run_predictions([prediction.id])

    stored = await hexagon.prediction(prediction)
    assert stored.prediction.status is Status.SUCCEEDED
    assert stored.output is not None
    assert json.loads(stored.output) == {"label": "long"}
    assert not stored.errors
    assert await hexagon.balance_of(user.id) == Balance(user.id)
    assert told(hexagon) == [(prediction.id, user.id, Status.SUCCEEDED)]


async def test_only_valid_rows_are_charged_and_the_others_get_their_reason(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=10)
    prediction = await hexagon.request_prediction(user.id, [SHORT, BAD, LONG, BREAKS])

    await hexagon.run_all()

    stored = await hexagon.prediction(prediction)
    assert (stored.prediction.status, stored.prediction.valid_rows) == (Status.SUCCEEDED, 2)
    assert stored.output is not None
    assert json.loads(stored.output) == [{"label": "short"}, None, {"label": "long"}, None]
    assert [(error.row, error.field) for error in stored.errors] == [(1, "text"), (3, None)]
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=8)
    assert await hexagon.balanced()


async def test_a_prediction_of_which_no_row_can_be_answered_fails_and_costs_nothing(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=2)
    prediction = await hexagon.request_prediction(user.id, [BREAKS, BREAKS])

    await hexagon.run_all()

    stored = await hexagon.prediction(prediction)
    assert (stored.prediction.status, stored.prediction.failure) == (Status.FAILED, Failure.NO_VALID_ROW)
    assert stored.output is None
    assert len(stored.errors) == 2
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=2)
    assert told(hexagon) == [(prediction.id, user.id, Status.FAILED)]


async def test_what_breaks_the_model_does_no_harm_to_its_neighbours(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=20)
    good = [await hexagon.request_prediction(user.id, [SHORT]) for _ in range(6)]
    bad = await hexagon.request_prediction(user.id, [BREAKS])

    await hexagon.run_predictions([each.id for each in (*good[:3], bad, *good[3:])])

    assert [await status(hexagon, each) for each in good] == [Status.SUCCEEDED] * 6
    assert await status(hexagon, bad) is Status.FAILED
    assert hexagon.predictor.asked == [7]


async def test_a_batch_asks_each_model_once_and_tells_the_world_once(hexagon: Hexagon) -> None:
    tellings: list[int] = []
    hexagon.events.listen(lambda ended: tellings.append(len(ended)))
    user = await hexagon.user(credits=20)
    spam = a_model("spam")
    await hexagon.models.add(spam)
    predictions = [
        await hexagon.request_prediction(user.id, model=model) for model in (spam, hexagon.model) * 3
    ]

    await hexagon.run_predictions([each.id for each in predictions])

    assert sorted(hexagon.predictor.asked) == [3, 3]
    assert tellings == [6]
    assert {each.prediction_id for each in hexagon.told} == {each.id for each in predictions}


async def test_a_model_that_cannot_be_used_fails_its_own_predictions_only(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=2)
    spam = a_model("spam")
    await hexagon.models.add(spam)
    hexagon.predictor.unavailable.add(spam.ref)
    lost = await hexagon.request_prediction(user.id, model=spam)
    fine = await hexagon.request_prediction(user.id)

    await hexagon.run_predictions([lost.id, fine.id])

    assert (await hexagon.prediction(lost)).prediction.failure is Failure.MODEL_UNAVAILABLE
    assert await status(hexagon, fine) is Status.SUCCEEDED
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=1)


async def test_a_model_that_was_retired_meanwhile_still_runs_what_was_accepted(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    await hexagon.change_model(ref=hexagon.model.ref, state=ModelState.RETIRED)

    await hexagon.run_all()

    assert await status(hexagon, prediction) is Status.SUCCEEDED


@pytest.mark.parametrize("limits", [Limits(max_batch_rows=5), Limits(max_batch_bytes=50)])
async def test_more_than_one_batch_takes_is_run_in_several(limits: Limits) -> None:
    hexagon = Hexagon(limits)
    user = await hexagon.user(credits=20)
    predictions = [await hexagon.request_prediction(user.id, [SHORT] * 3) for _ in range(4)]

    await hexagon.run_predictions([each.id for each in predictions])

    assert [await status(hexagon, each) for each in predictions] == [Status.SUCCEEDED] * 4
    assert hexagon.predictor.asked == [1, 1, 1, 1]


async def test_what_was_begun_before_is_run_only_by_a_retry(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    await begin_and_go_silent(hexagon, prediction)
    await hexagon.sweep()

    await hexagon.run_predictions([prediction.id])
    assert await status(hexagon, prediction) is Status.QUEUED

    await hexagon.run_predictions([prediction.id], retries=True)
    assert (await hexagon.prediction(prediction)).prediction.attempts == 2
    assert await status(hexagon, prediction) is Status.SUCCEEDED


async def begin_and_go_silent(hexagon: Hexagon, prediction: Prediction) -> None:
    """A worker dies under the prediction, and its lease ends."""
    await hexagon.work.claim(
        [prediction.id],
        ClaimTerms(token=UUID(int=1), lease=timedelta(seconds=1), most_rows=9, most_bytes=999),
    )
    hexagon.clock.advance(timedelta(seconds=2))


async def test_nothing_to_run_asks_no_model_and_tells_nobody(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    await hexagon.run_all()
    hexagon.told.clear()

    assert not await hexagon.run_predictions([prediction.id])
    assert not await hexagon.run_predictions([])

    assert hexagon.predictor.asked == [1]
    assert hexagon.told == []


async def test_what_is_not_in_the_books_is_named_once_the_rest_is_run(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    nobody = PredictionId(UUID(int=5))

    assert list(await hexagon.run_predictions([nobody, prediction.id])) == [nobody]
    assert (await hexagon.prediction(prediction)).prediction.status is Status.SUCCEEDED


async def test_a_batch_that_is_canceled_hands_back_what_it_had_claimed(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=2)
    predictions = [await hexagon.request_prediction(user.id) for _ in range(2)]
    stuck = Stuck()
    running = asyncio.create_task(
        over(hexagon.run_predictions, predictor=stuck)([each.id for each in predictions])
    )
    await stuck.asked.wait()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    for each in predictions:
        assert (await hexagon.prediction(each)).prediction == each
    await hexagon.run_predictions([each.id for each in predictions])
    assert [await status(hexagon, each) for each in predictions] == [Status.SUCCEEDED] * 2


class Severed(MemoryWork):
    """Work that is begun or claimed, but the call never returns."""

    @override
    async def begin(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        await MemoryWork.begin(self, ids, terms)
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")

    @override
    async def claim(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        await MemoryWork.claim(self, ids, terms)
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")


@pytest.mark.parametrize("retries", [False, True])
async def test_what_is_canceled_on_its_way_is_handed_back_as_well(hexagon: Hexagon, retries: bool) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    run_predictions = over(hexagon.run_predictions, work=Severed(hexagon.memory))
    running = asyncio.create_task(run_predictions([prediction.id], retries=retries))
    await eventually(lambda: bool(hexagon.memory.state.runs), "the run")

    running.cancel()
    await asyncio.wait([running], timeout=30)

    assert running.cancelled()
    assert (await hexagon.prediction(prediction)).prediction == prediction
    assert not hexagon.memory.state.runs


async def test_a_cancellation_stays_one_where_the_books_are_away(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    stuck, work = Stuck(), away(hexagon, hand_back=1)
    running = asyncio.create_task(over(hexagon.run_predictions, predictor=stuck, work=work)([prediction.id]))
    await stuck.asked.wait()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert work.calls == ["hand_back"]
    assert list(await hexagon.work.begun([prediction.id])) == [prediction.id]


async def test_a_batch_that_takes_too_long_says_so_and_its_run_is_left_behind() -> None:
    hexagon = Hexagon(impatient(predict_timeout=timedelta(milliseconds=1)))
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)

    with pytest.raises(PredictTimedOut):
        await over(hexagon.run_predictions, predictor=Stuck())([prediction.id])

    assert list(await hexagon.work.begun([prediction.id])) == [prediction.id]


async def test_the_lease_is_renewed_while_the_model_works_even_if_the_books_were_away_once() -> None:
    hexagon = Hexagon(impatient(lease=timedelta(milliseconds=15)))
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    stuck, work = Stuck(), away(hexagon, renew=1)
    running = asyncio.create_task(over(hexagon.run_predictions, predictor=stuck, work=work)([prediction.id]))

    await eventually(lambda: work.calls.count("renew") >= 3, "a third renewal")
    assert await status(hexagon, prediction) is Status.PROCESSING

    running.cancel()
    await asyncio.wait([running])
    renewals = work.calls.count("renew")
    assert work.calls[-1] == "hand_back"
    assert renewals >= 3


async def test_a_result_waits_for_books_that_are_away_for_a_moment(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    work = away(hexagon, settle=1)

    await over(hexagon.run_predictions, work=work)([prediction.id])

    assert work.calls == ["settle", "settle"]
    assert await status(hexagon, prediction) is Status.SUCCEEDED
    assert told(hexagon) == [(prediction.id, user.id, Status.SUCCEEDED)]


async def test_a_result_that_the_books_do_not_take_for_a_lease_though_they_answer_is_given_up() -> None:
    hexagon = Hexagon(impatient(lease=timedelta(milliseconds=50)))
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)

    with pytest.raises(Unavailable):
        await over(hexagon.run_predictions, work=away(hexagon, settle=1000))([prediction.id])

    assert hexagon.told == []


async def test_whoever_lost_the_lease_settles_nothing_and_tells_nobody(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)

    class Slow(Predictor):
        """While it predicts, the lease ends and another worker takes over."""

        @override
        async def predict(
            self,
            model: Model,
            questions: Sequence[Question],
            turn: Turn = nullcontext,
            lane: Lane = Lane.SMALL,
        ) -> Sequence[Outcome]:
            hexagon.clock.advance(hexagon.limits.lease * 2)
            await hexagon.sweep()
            await hexagon.run_predictions([prediction.id], retries=True)
            hexagon.told.clear()
            return [Outcome(valid_rows=0, output=None) for _ in questions]

    await over(hexagon.run_predictions, predictor=Slow())([prediction.id])

    assert hexagon.told == []
    assert await status(hexagon, prediction) is Status.SUCCEEDED
    assert await hexagon.balance_of(user.id) == Balance(user.id)
    assert await hexagon.balanced()


class Torn(Away):
    """Work that is begun, but whose result is lost in an outage."""

    @override
    async def begin(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        begun = await MemoryWork.begin(self, ids, terms)
        self._meet("begin")
        return begun


async def test_a_run_of_which_nobody_knows_whether_it_began_is_not_counted(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=2)
    predictions = [await hexagon.request_prediction(user.id) for _ in range(2)]
    work = Torn(hexagon.memory, {"begin": 1, "hand_back": 2}, [])

    with pytest.raises(Unavailable):
        await over(hexagon.run_predictions, work=work)([each.id for each in predictions])

    assert work.calls == ["begin", *["hand_back"] * 3]
    for each in predictions:
        assert (await hexagon.prediction(each)).prediction == each
    assert not hexagon.memory.state.runs


async def test_an_outage_before_the_model_runs_is_not_counted(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    work = away(hexagon, hand_back=2)

    class NoModels(MemoryModels):
        @override
        async def version(self, ref: ModelRef) -> Model:
            raise Unavailable("the database is away")

    with pytest.raises(Unavailable):
        await over(hexagon.run_predictions, work=work, models=NoModels(hexagon.memory))([prediction.id])

    assert work.calls == ["hand_back"] * 3
    assert (await hexagon.prediction(prediction)).prediction == prediction


async def test_a_result_waits_however_long_the_books_are_away() -> None:
    hexagon = Hexagon(impatient(lease=timedelta(milliseconds=30)))
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    work = away(hexagon, renew=5, settle=5)

    await over(hexagon.run_predictions, work=work)([prediction.id])

    assert work.calls.count("settle") == 6
    assert (await hexagon.prediction(prediction)).prediction.attempts == 1
    assert await status(hexagon, prediction) is Status.SUCCEEDED
