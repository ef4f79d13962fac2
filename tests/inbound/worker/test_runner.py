import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.ports import Unavailable
from augury.application.predictions.execution import PredictTimedOut
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.ports.predictor import Outcome, Question, Turn
from augury.application.predictions.ports.queue import Task, UnknownPredictions
from augury.application.predictions.ports.work import ClaimTerms, Finished
from augury.application.predictions.run_next import RunNext
from augury.application.predictions.take_over import TakeOver
from augury.domain.identifiers import PredictionId, uuid7
from augury.domain.lane import Lane
from augury.domain.model import Model
from augury.domain.prediction import Failure, Prediction, Status
from augury.inbound.worker import runner as runner_module
from augury.inbound.worker.runner import TaskRunner, WorkerSettings
from augury.outbound.memory.predictor import MemoryPredictor
from augury.outbound.memory.work import MemoryWork
from tests.gated_predictor import GatedPredictor
from tests.hexagon import Hexagon, over
from tests.polling import eventually

SOON = timedelta(milliseconds=1)


@pytest.fixture
def predictor() -> GatedPredictor:
    return GatedPredictor()


@pytest.fixture
def fatal() -> list[str]:
    """The reasons for which the process had to end."""
    return []


def runner_over(
    hexagon: Hexagon, predictor: GatedPredictor, fatal: list[str], settings: WorkerSettings | None = None
) -> TaskRunner:
    run_predictions = over(hexagon.run_predictions, predictor=predictor)
    return TaskRunner(
        run_predictions,
        RunNext(execution=run_predictions.execution),
        hexagon.use_case(TakeOver),
        settings or WorkerSettings(retry_pause=SOON),
        on_fatal=fatal.append,
    )


@pytest.fixture
async def runner(hexagon: Hexagon, predictor: GatedPredictor, fatal: list[str]) -> AsyncIterator[TaskRunner]:
    runner = runner_over(hexagon, predictor, fatal)
    yield runner
    predictor.gate.set()
    await runner.stop()


@asynccontextmanager
async def handled(runner: TaskRunner, *tasks: Task) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """The runner handles these tasks. At the end of the block, all of them are handled."""
    handling = [asyncio.create_task(runner.handle(task)) for task in tasks]
    yield handling
    await asyncio.gather(*handling, return_exceptions=True)


async def accepted(hexagon: Hexagon, count: int) -> list[Prediction]:
    user = await hexagon.user(credits=count)
    return [await hexagon.request_prediction(user.id) for _ in range(count)]


def task_of(*predictions: Prediction, attempt: int = 1) -> Task:
    return Task([prediction.id for prediction in predictions], attempt)


async def status_of(hexagon: Hexagon, prediction: Prediction) -> Status:
    return (await hexagon.prediction(prediction)).prediction.status


def is_predicting(predictor: GatedPredictor) -> Callable[[], bool]:
    return lambda: predictor.under_way > 0


async def test_a_task_is_handled_once_all_its_predictions_are_settled(
    hexagon: Hexagon, predictor: GatedPredictor, runner: TaskRunner
) -> None:
    predictions = await accepted(hexagon, 16)
    predictor.gate.set()

    await runner.handle(task_of(*predictions))

    assert {await status_of(hexagon, each) for each in predictions} == {Status.SUCCEEDED}
    assert (await hexagon.balance_of(predictions[0].user_id)).held == 0


async def test_what_arrives_while_a_batch_runs_forms_the_next_batch(
    hexagon: Hexagon, predictor: GatedPredictor, runner: TaskRunner
) -> None:
    first, *others = await accepted(hexagon, 31)

    async with handled(runner, task_of(first)):
        await eventually(is_predicting(predictor))
        async with handled(runner, *(task_of(each) for each in others)):
            predictor.gate.set()

    assert predictor.asked == [1, 30]


@dataclass(frozen=True, slots=True)
class SlowToSettle(MemoryWork):
    """Settles when a test lets it."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    settling: list[int] = field(default_factory=list)

    @override
    async def settle(self, token: UUID, finished: Sequence[Finished]) -> Sequence[PredictionId]:
        self.settling.append(len(finished))
        await self.gate.wait()
        return await MemoryWork.settle(self, token, finished)


async def test_one_batch_is_settled_while_the_next_is_predicted_and_no_third_is_begun(
    hexagon: Hexagon, predictor: GatedPredictor, fatal: list[str]
) -> None:
    work = SlowToSettle(hexagon.memory)
    run_predictions = over(hexagon.run_predictions, predictor=predictor, work=work)
    runner = TaskRunner(
        run_predictions,
        RunNext(execution=run_predictions.execution),
        hexagon.use_case(TakeOver),
        WorkerSettings(max_batch=1),
        on_fatal=fatal.append,
    )
    predictions = await accepted(hexagon, 4)
    predictor.gate.set()

    async with handled(runner, *map(task_of, predictions)):
        await eventually(lambda: predictor.asked == [1, 1])
        await asyncio.sleep(0.05)
        assert (predictor.asked, work.settling) == ([1, 1], [1])
        work.gate.set()

    assert predictor.asked == [1, 1, 1, 1]
    assert {await status_of(hexagon, each) for each in predictions} == {Status.SUCCEEDED}


@pytest.mark.parametrize(
    ("max_batch", "overlap_after", "asked"),
    [
        pytest.param(256, 3600.0, [1], id="a short run is settled first"),
        pytest.param(256, 0.0, [1, 1], id="a long run is settled while the next is predicted"),
        pytest.param(1, 3600.0, [1, 1], id="so is a full run"),
    ],
)
async def test_the_next_run_begins_before_a_long_or_full_one_is_settled(
    hexagon: Hexagon,
    predictor: GatedPredictor,
    fatal: list[str],
    max_batch: int,
    overlap_after: float,
    asked: list[int],
) -> None:
    work = SlowToSettle(hexagon.memory)
    run_predictions = over(hexagon.run_predictions, predictor=predictor, work=work)
    runner = TaskRunner(
        run_predictions,
        RunNext(execution=run_predictions.execution),
        hexagon.use_case(TakeOver),
        WorkerSettings(max_batch=max_batch),
        on_fatal=fatal.append,
        overlap_after=overlap_after,
    )
    first, second = await accepted(hexagon, 2)
    predictor.gate.set()

    async with handled(runner, task_of(first)):
        await eventually(lambda: work.settling == [1])
        async with handled(runner, task_of(second)):
            await eventually(lambda: predictor.asked == asked)
            await asyncio.sleep(0.05)
            assert predictor.asked == asked
            work.gate.set()

    assert predictor.asked == [1, 1]


async def test_a_later_attempt_waits_for_what_is_being_settled(
    hexagon: Hexagon, predictor: GatedPredictor, fatal: list[str]
) -> None:
    work = SlowToSettle(hexagon.memory)
    run_predictions = over(hexagon.run_predictions, predictor=predictor, work=work)
    runner = TaskRunner(
        run_predictions,
        RunNext(execution=run_predictions.execution),
        hexagon.use_case(TakeOver),
        WorkerSettings(),
        on_fatal=fatal.append,
    )
    first, later, last = await accepted(hexagon, 3)
    predictor.gate.set()

    async with handled(runner, task_of(first)):
        await eventually(lambda: work.settling == [1])
        async with handled(runner, task_of(later, attempt=2)), handled(runner, task_of(last)):
            await asyncio.sleep(0.05)
            assert predictor.asked == [1]
            work.gate.set()

    assert predictor.asked == [1, 1, 1]


async def test_a_batch_takes_so_many_predictions_and_no_more(
    hexagon: Hexagon, predictor: GatedPredictor, fatal: list[str]
) -> None:
    runner = runner_over(hexagon, predictor, fatal, WorkerSettings(max_batch=20))
    predictions = await accepted(hexagon, 1 + 48)

    async with handled(runner, task_of(predictions[0])):
        await eventually(is_predicting(predictor))
        tasks = [task_of(*predictions[start : start + 16]) for start in (1, 17, 33)]
        async with handled(runner, *tasks):
            predictor.gate.set()

    assert predictor.asked == [1, 16, 16, 16]


async def test_later_attempts_run_alone_one_at_a_time_and_beside_nobody_else(
    hexagon: Hexagon, predictor: GatedPredictor, runner: TaskRunner
) -> None:
    predictions = await accepted(hexagon, 6)
    first, again = predictions[:3], predictions[3:]

    async with handled(runner, task_of(first[0]), *(task_of(each, attempt=2) for each in again)):
        await eventually(is_predicting(predictor))
        async with handled(runner, task_of(first[1]), task_of(first[2])):
            predictor.gate.set()

    assert sorted(predictor.asked) == [1, 1, 1, 1, 2]
    assert predictor.most_under_way == 1
    assert {await status_of(hexagon, each) for each in predictions} == {Status.SUCCEEDED}


async def test_a_later_attempt_runs_what_a_worker_began_and_a_first_attempt_does_not(
    hexagon: Hexagon, predictor: GatedPredictor, runner: TaskRunner
) -> None:
    [prediction] = await accepted(hexagon, 1)
    async with hexagon.books() as books:
        begun = (await books.prediction(prediction.id)).start(at=hexagon.clock.now())
        await books.record(changed=[begun.abandon(at=hexagon.clock.now())])
    predictor.gate.set()

    await runner.handle(task_of(prediction))
    assert await status_of(hexagon, prediction) is Status.QUEUED

    await runner.handle(task_of(prediction, attempt=2))
    assert await status_of(hexagon, prediction) is Status.SUCCEEDED


async def test_what_is_no_longer_to_be_run_counts_as_handled(
    hexagon: Hexagon, predictor: GatedPredictor, runner: TaskRunner
) -> None:
    [prediction] = await accepted(hexagon, 1)
    await hexagon.cancel_prediction(user_id=prediction.user_id, prediction_id=prediction.id)

    await runner.handle(task_of(prediction))

    assert predictor.asked == []


@pytest.mark.parametrize("attempt", [1, 2])
async def test_only_the_task_that_names_an_unknown_prediction_cannot_be_handled(
    hexagon: Hexagon, predictor: GatedPredictor, runner: TaskRunner, attempt: int
) -> None:
    [prediction] = await accepted(hexagon, 1)
    predictor.gate.set()
    nobody = PredictionId(uuid7())

    wrong = asyncio.create_task(runner.handle(Task([nobody], attempt)))
    await runner.handle(task_of(prediction))

    with pytest.raises(UnknownPredictions) as error:
        await wrong
    assert list(error.value.ids) == [nobody]
    assert await status_of(hexagon, prediction) is Status.SUCCEEDED


async def test_a_task_whose_claim_met_an_outage_is_given_back_and_runs_when_it_is_over(
    hexagon: Hexagon, predictor: GatedPredictor, runner: TaskRunner, caplog: pytest.LogCaptureFixture
) -> None:
    [prediction] = await accepted(hexagon, 1)
    predictor.gate.set()

    for _ in range(3):
        hexagon.memory.away = True
        async with handled(runner, task_of(prediction)) as [waiting]:
            await eventually(lambda: "not handing back" in caplog.text)
            caplog.clear()
            hexagon.memory.away = False
            with pytest.raises(Unavailable):
                await waiting
    await runner.handle(task_of(prediction))

    assert await status_of(hexagon, prediction) is Status.SUCCEEDED


async def test_a_task_that_waits_to_be_given_back_does_not_hold_up_the_others(
    hexagon: Hexagon, predictor: GatedPredictor, fatal: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    runner = runner_over(hexagon, predictor, fatal, WorkerSettings(retry_pause=timedelta(hours=1)))
    unlucky, lucky = await accepted(hexagon, 2)
    predictor.gate.set()

    hexagon.memory.away = True
    async with handled(runner, task_of(unlucky)) as [waiting]:
        await eventually(lambda: "not handing back" in caplog.text)
        hexagon.memory.away = False
        await eventually(lambda: runner.failures > 0)
        await runner.handle(task_of(lucky))
        assert not waiting.done()
        await runner.stop()

    assert isinstance(waiting.exception(), Unavailable)
    assert await status_of(hexagon, lucky) is Status.SUCCEEDED


async def test_a_batch_that_takes_too_long_ends_the_process(
    predictor: GatedPredictor, fatal: list[str]
) -> None:
    hexagon = Hexagon(Limits(predict_timeout=timedelta(seconds=1)))
    runner = runner_over(hexagon, predictor, fatal)
    [prediction] = await accepted(hexagon, 1)

    with pytest.raises(PredictTimedOut):
        await runner.handle(task_of(prediction))

    assert len(fatal) == 1
    assert "too long" in fatal[0]


async def test_a_stop_lets_the_batch_under_way_finish_and_begins_no_other(
    hexagon: Hexagon, predictor: GatedPredictor, runner: TaskRunner
) -> None:
    first, second = await accepted(hexagon, 2)

    async with handled(runner, task_of(first)) as [running]:
        await eventually(is_predicting(predictor))
        async with handled(runner, task_of(second)) as [waiting]:
            stopping = asyncio.create_task(runner.stop())
            await asyncio.sleep(0)  # the stop has begun
            predictor.gate.set()
            await stopping

    assert running.exception() is None
    assert isinstance(waiting.exception(), Unavailable)
    assert await status_of(hexagon, first) is Status.SUCCEEDED
    assert await status_of(hexagon, second) is Status.QUEUED


@pytest.mark.parametrize("attempt", [1, 2])
async def test_what_outlasts_the_grace_is_handed_back_and_the_attempt_not_counted(
    hexagon: Hexagon, predictor: GatedPredictor, fatal: list[str], attempt: int
) -> None:
    runner = runner_over(hexagon, predictor, fatal, WorkerSettings(grace=timedelta(milliseconds=10)))
    [prediction] = await accepted(hexagon, 1)

    async with handled(runner, task_of(prediction, attempt=attempt)) as [running]:
        await eventually(is_predicting(predictor))
        await runner.stop()

    assert isinstance(running.exception(), Unavailable)
    stored = (await hexagon.prediction(prediction)).prediction
    assert (stored.status, stored.attempts) == (Status.QUEUED, 0)


@pytest.mark.parametrize("wrong", [{"max_batch": 0}, {"prefetch": 0}, {"prefetch": 65_536}])
def test_settings_that_cannot_work_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        WorkerSettings(**wrong)  # type: ignore[arg-type]  # all of these are whole numbers


async def test_nothing_is_taken_after_a_stop(hexagon: Hexagon, runner: TaskRunner) -> None:
    [prediction] = await accepted(hexagon, 1)
    await runner.stop()

    with pytest.raises(Unavailable):
        await runner.handle(task_of(prediction))

    assert await status_of(hexagon, prediction) is Status.QUEUED


async def test_whoever_hands_over_a_task_may_be_canceled_without_stopping_its_batch(
    hexagon: Hexagon, predictor: GatedPredictor, runner: TaskRunner
) -> None:
    [prediction] = await accepted(hexagon, 1)

    async with handled(runner, task_of(prediction)) as [handling]:
        await eventually(is_predicting(predictor))
        handling.cancel()
        predictor.gate.set()
        with pytest.raises(asyncio.CancelledError):
            await handling

    async def succeeded() -> bool:
        return await status_of(hexagon, prediction) is Status.SUCCEEDED

    await eventually(succeeded)


class LargeIsSlow(MemoryPredictor):
    """Large questions take until a test opens their gate; small ones are answered at once."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.begun: list[int] = []

    @override
    async def predict(
        self, model: Model, questions: Sequence[Question], turn: Turn = nullcontext, lane: Lane = Lane.SMALL
    ) -> Sequence[Outcome]:
        self.begun.append(sum(question.rows for question in questions))
        if any(question.rows > LARGE // 2 for question in questions):
            await self.gate.wait()
        return await super().predict(model, questions, turn, lane)


LARGE = 300
"""Rows."""


@pytest.fixture
def slow() -> LargeIsSlow:
    return LargeIsSlow()


@pytest.fixture
async def lanes(hexagon: Hexagon, slow: LargeIsSlow, fatal: list[str]) -> AsyncIterator[TaskRunner]:
    run_predictions = over(hexagon.run_predictions, predictor=slow)
    settings = WorkerSettings(retry_pause=SOON, grace=timedelta(milliseconds=50))
    runner = TaskRunner(
        run_predictions,
        RunNext(execution=run_predictions.execution),
        hexagon.use_case(TakeOver),
        settings,
        on_fatal=fatal.append,
    )
    yield runner
    slow.gate.set()
    await runner.stop()


async def large(hexagon: Hexagon, count: int = 1) -> list[Prediction]:
    user = await hexagon.user(credits=count * LARGE)
    return [await hexagon.request_prediction(user.id, [{"text": "hi"}] * LARGE) for _ in range(count)]


def ticket_of(hexagon: Hexagon) -> Task:
    ticket = hexagon.queue.take_ticket()
    assert ticket
    return ticket


async def test_small_work_runs_while_bulk_work_is_under_way(
    hexagon: Hexagon, slow: LargeIsSlow, lanes: TaskRunner
) -> None:
    [bulk] = await large(hexagon)
    small = await accepted(hexagon, 3)

    running = asyncio.create_task(lanes.handle_ticket(ticket_of(hexagon)))
    await eventually(lambda: slow.begun == [LARGE])
    for each in small:
        await lanes.handle(task_of(each))
    assert {await status_of(hexagon, each) for each in small} == {Status.SUCCEEDED}
    assert await status_of(hexagon, bulk) is Status.PROCESSING
    slow.gate.set()
    await running

    assert await status_of(hexagon, bulk) is Status.SUCCEEDED
    assert await hexagon.balanced()


async def test_one_pick_of_the_bulk_lane_runs_at_a_time(
    hexagon: Hexagon, slow: LargeIsSlow, lanes: TaskRunner
) -> None:
    await large(hexagon, 8)
    tickets = [asyncio.create_task(lanes.handle_ticket(ticket_of(hexagon))) for _ in range(2)]
    await eventually(lambda: len(slow.begun) == 1)
    await asyncio.sleep(0.05)
    assert slow.begun == [6 * LARGE]  # 1,800 of a slice's 2,000 rows

    slow.gate.set()
    await asyncio.gather(*tickets)

    assert slow.begun == [6 * LARGE, 2 * LARGE]


async def test_a_ticket_that_finds_nothing_is_handled(hexagon: Hexagon, lanes: TaskRunner) -> None:
    [bulk] = await large(hexagon)
    ticket = ticket_of(hexagon)
    await hexagon.cancel_prediction(user_id=bulk.user_id, prediction_id=bulk.id)

    await lanes.handle_ticket(ticket)
    await lanes.handle_ticket(Task([PredictionId(uuid7())]))


async def test_a_later_attempt_waits_for_bulk_work_too_and_lets_none_begin(
    hexagon: Hexagon, slow: LargeIsSlow, lanes: TaskRunner
) -> None:
    first, _ = await large(hexagon), await large(hexagon)
    small, later, later_large = *await accepted(hexagon, 2), *await large(hexagon)
    running = asyncio.create_task(lanes.handle_ticket(ticket_of(hexagon)))
    await eventually(lambda: slow.begun == [LARGE])
    alone = asyncio.create_task(lanes.handle(task_of(later, attempt=2)))
    alone_too = asyncio.create_task(lanes.handle(task_of(later_large, attempt=2)))

    await lanes.handle(task_of(small))
    assert await status_of(hexagon, later) is Status.QUEUED
    slow.gate.set()
    await asyncio.gather(running, alone, alone_too)

    assert await status_of(hexagon, first[0]) is Status.SUCCEEDED
    assert {await status_of(hexagon, each) for each in (later, later_large)} == {Status.SUCCEEDED}


async def test_bulk_work_has_its_turn_between_later_attempts(
    hexagon: Hexagon, slow: LargeIsSlow, lanes: TaskRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "ALONE", 0)  # one prediction in each turn
    slow.gate.set()
    [bulk] = await large(hexagon)
    later = await accepted(hexagon, 12)

    alone = [asyncio.create_task(lanes.handle(task_of(each, attempt=2))) for each in later]
    await eventually(lambda: len(slow.begun) > 0)
    await asyncio.gather(*alone, lanes.handle_ticket(ticket_of(hexagon)))

    assert sorted(slow.begun) == [1] * len(later) + [LARGE]
    assert slow.begun[-1] == 1, "the bulk lane had to wait for all of them"
    assert await status_of(hexagon, bulk) is Status.SUCCEEDED


async def test_bulk_work_that_outlasts_the_grace_waits_in_its_lane_again(
    hexagon: Hexagon, slow: LargeIsSlow, lanes: TaskRunner
) -> None:
    [bulk] = await large(hexagon)
    running = asyncio.create_task(lanes.handle_ticket(ticket_of(hexagon)))
    await eventually(lambda: slow.begun == [LARGE])

    await lanes.stop()

    with pytest.raises(Unavailable):
        await running
    stored = (await hexagon.prediction(bulk)).prediction
    assert (stored.status, stored.attempts) == (Status.QUEUED, 0)
    assert await hexagon.run_next()
    assert await status_of(hexagon, bulk) is Status.SUCCEEDED


async def test_a_ticket_is_given_back_while_the_books_are_away(
    hexagon: Hexagon, slow: LargeIsSlow, lanes: TaskRunner
) -> None:
    [bulk] = await large(hexagon)
    ticket = ticket_of(hexagon)
    slow.gate.set()

    hexagon.memory.away = True
    with pytest.raises(Unavailable):
        await lanes.handle_ticket(ticket)
    hexagon.memory.away = False
    await lanes.handle_ticket(ticket)

    assert await status_of(hexagon, bulk) is Status.SUCCEEDED


async def test_bulk_work_that_takes_too_long_ends_the_process(slow: LargeIsSlow, fatal: list[str]) -> None:
    hexagon = Hexagon(Limits(predict_timeout=timedelta(seconds=1)))
    await large(hexagon)
    run_predictions = over(hexagon.run_predictions, predictor=slow)
    runner = TaskRunner(
        run_predictions,
        RunNext(execution=run_predictions.execution),
        hexagon.use_case(TakeOver),
        WorkerSettings(),
        on_fatal=fatal.append,
    )

    with pytest.raises(PredictTimedOut):
        await runner.handle_ticket(ticket_of(hexagon))

    assert fatal == ["work of the bulk lane took too long; its thread cannot be stopped"]


async def test_a_task_of_a_worker_that_died_is_run_but_for_what_it_had_begun(
    hexagon: Hexagon, predictor: GatedPredictor, runner: TaskRunner
) -> None:
    """What was begun is taken over alone, and the attempt counts. What was only in its hands is not."""
    begun, *waiting = await accepted(hexagon, 3)
    terms = ClaimTerms(token=uuid4(), lease=hexagon.limits.lease, most_rows=9, most_bytes=999)
    await hexagon.work.begin([begun.id], terms)
    while hexagon.queue.take():
        pass
    predictor.gate.set()

    await runner.handle(replace(task_of(begun, *waiting), redelivered=True))

    assert {await status_of(hexagon, each) for each in waiting} == {Status.SUCCEEDED}
    assert await status_of(hexagon, begun) is Status.QUEUED
    hexagon.clock.advance(timedelta(seconds=3))
    await eventually(lambda: hexagon.queue.ready > 0)
    task = hexagon.queue.take()
    assert task == Task((begun.id,), 2)
    await runner.handle(task)
    assert await status_of(hexagon, begun) is Status.SUCCEEDED
    stored = [(await hexagon.prediction(each)).prediction.attempts for each in (begun, *waiting)]
    assert stored == [2, 1, 1]
    assert await hexagon.balanced()


async def test_what_a_worker_that_lives_has_begun_is_left_to_it(
    hexagon: Hexagon, predictor: GatedPredictor, runner: TaskRunner
) -> None:
    [prediction] = await accepted(hexagon, 1)
    async with handled(runner, task_of(prediction)):
        await eventually(is_predicting(predictor))

        await runner.handle(replace(task_of(prediction), redelivered=True))

        assert await hexagon.take_over() == 0
        predictor.gate.set()
    assert predictor.asked == [1]
    assert (await hexagon.prediction(prediction)).prediction.attempts == 1


async def test_what_killed_three_workers_fails_and_is_not_charged(hexagon: Hexagon) -> None:
    [poison] = await accepted(hexagon, 1)
    terms = ClaimTerms(token=uuid4(), lease=hexagon.limits.lease, most_rows=9, most_bytes=999)
    await hexagon.work.begin([poison.id], terms)
    for attempt in (2, 3):
        hexagon.clock.advance(timedelta(seconds=3))
        assert await hexagon.take_over() == 1
        await hexagon.work.claim([poison.id], replace(terms, token=uuid4()))
        assert (await hexagon.prediction(poison)).prediction.attempts == attempt
    hexagon.clock.advance(timedelta(seconds=3))

    await hexagon.take_over()

    stored = (await hexagon.prediction(poison)).prediction
    assert (stored.status, stored.failure) == (Status.FAILED, Failure.TOO_MANY_ATTEMPTS)
    assert hexagon.told == [Ended(poison.id, poison.user_id, Status.FAILED)]
    assert await hexagon.balanced()
