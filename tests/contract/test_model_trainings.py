"""Tables that are sent to the service: whose turn it is to train, and how a training ends."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from augury.application.ports import Conflict
from augury.domain.audit import Act, Action, Author
from augury.domain.identifiers import ModelFileId, TrainingId, uuid7
from augury.domain.model_training import (
    ModelTraining,
    TooManyTrainings,
    TrainingEnded,
    TrainingNotFound,
    TrainingProgress,
    TrainingState,
)
from augury.domain.model_upload import UploadTerms
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import ColumnKind, Cost, Plan, TrainingTask
from tests.adapters import Adapters

LEASE = timedelta(seconds=30)
REFUSED = Reason.of(ReasonCode.NO_COLUMN, name="left", known="age")
SHA256 = "a" * 64
PLAN = Plan(
    target="churn",
    kinds={"zip": ColumnKind.CATEGORY},
    task=TrainingTask.CLASSES,
    group="customer",
    positive="yes",
    cost=Cost(1, 5),
    time_limit=timedelta(seconds=60),
)


def a_training(*, name: str = "churn", sha256: str = SHA256, plan: Plan = PLAN) -> ModelTraining:
    return ModelTraining(
        id=TrainingId(uuid7()),
        name=name,
        table_id=ModelFileId(uuid7()),
        sha256=sha256,
        size=7,
        plan=plan,
        terms=UploadTerms(row_price=3, text_price=1, activate=False),
        created_at=datetime.now(UTC),
    )


async def test_a_training_is_found_as_it_was_added(empty: Adapters) -> None:
    first, other = a_training(), a_training(name="tone", plan=Plan(target="label"))
    author = Author(system_user="root", request_id="1")
    act = Act(author=author, action=Action.TRAIN_MODEL, subject=f"training:{first.id}")
    await empty.model_trainings.add(first, most=9, act=act)
    await empty.model_trainings.add(other, most=9)

    assert await empty.model_trainings.get(first.id) == first
    assert {each.id for each in await empty.model_trainings.several([first.id, other.id])} == {
        first.id,
        other.id,
    }
    assert [each.id for each in await empty.model_trainings.page(limit=1)] == [other.id]
    assert [each.id for each in await empty.model_trainings.page(limit=5, before=other.id)] == [first.id]
    [entry] = (await empty.audit_log.page(limit=5)).items
    assert entry.act.subject == f"training:{first.id}"
    with pytest.raises(TrainingNotFound):
        await empty.model_trainings.get(TrainingId(uuid7()))


async def test_the_same_table_is_trained_once_per_name_and_plan_unless_it_came_to_nothing(
    empty: Adapters,
) -> None:
    trainings = empty.model_trainings
    first = a_training()
    await trainings.add(first, most=9)

    assert await trainings.repeated("churn", SHA256, PLAN) == first
    assert await trainings.repeated("tone", SHA256, PLAN) is None
    assert await trainings.repeated("churn", "b" * 64, PLAN) is None
    assert await trainings.repeated("churn", SHA256, replace(PLAN, group=None)) is None
    with pytest.raises(Conflict):
        await trainings.add(a_training(), most=9)
    await trainings.cancel(first.id)
    assert await trainings.repeated("churn", SHA256, PLAN) is None

    second = a_training()
    await trainings.add(second, most=9)
    taken = await trainings.take(lease=LEASE)
    assert taken is not None
    assert await trainings.record(taken.end(TrainingState.READY, version=4))
    again = await trainings.repeated("churn", SHA256, PLAN)
    assert again is not None
    assert (again.id, str(again.ref), again.progress.percent) == (second.id, "churn@4", 100)


async def test_each_training_is_taken_by_one_worker_at_a_time_and_its_lease_is_renewed(
    empty: Adapters,
) -> None:
    trainings = empty.model_trainings
    added = a_training()
    await trainings.add(added, most=9)

    first, none = await asyncio.gather(trainings.take(lease=LEASE), trainings.take(lease=LEASE))
    taken = first or none
    assert taken is not None
    assert first is None or none is None
    assert (taken.state, taken.attempts) == (TrainingState.TRAINING, 1)
    assert taken.started_at is not None

    await empty.pass_time(LEASE * 0.9)
    why = Reason.of(ReasonCode.NUMBERS, count=63)
    found = Reason.of(ReasonCode.COLUMN_USED, [why], name="age", kind="number"), Reason.written("old")
    progress = TrainingProgress(40, 12, found)
    kept = await trainings.keep(taken, progress, lease=LEASE)
    assert kept is not None
    assert (kept.progress, kept.is_stopping) == (progress, False)
    await empty.pass_time(LEASE * 0.9)
    assert await trainings.take(lease=LEASE) is None

    await empty.pass_time(LEASE)
    second = await trainings.take(lease=LEASE)
    assert second is not None
    assert (second.attempts, second.progress.percent) == (2, 0)
    assert await trainings.keep(taken, progress, lease=LEASE) is None
    assert not await trainings.trained(taken, "b" * 64)
    assert not await trainings.record(taken.end(TrainingState.FAILED, Reason.written("late")))
    assert await trainings.trained(second, "b" * 64)
    assert (await trainings.get(added.id)).model_sha256 == "b" * 64


async def test_a_training_that_is_handed_back_waits_and_the_attempt_does_not_count(empty: Adapters) -> None:
    trainings = empty.model_trainings
    await trainings.add(a_training(), most=9)
    taken = await trainings.take(lease=LEASE)
    assert taken is not None

    await trainings.hand_back(taken, pause=timedelta(seconds=10))

    assert (await trainings.get(taken.id)).state is TrainingState.QUEUED
    assert await trainings.take(lease=LEASE) is None
    await empty.pass_time(timedelta(seconds=11))
    again = await trainings.take(lease=LEASE)
    assert again is not None
    assert again.attempts == 1


async def test_a_queued_training_is_canceled_at_once_and_a_running_one_is_asked_to_stop(
    empty: Adapters,
) -> None:
    trainings = empty.model_trainings
    running, waiting = a_training(), a_training(sha256="b" * 64)
    await trainings.add(running, most=9)
    taken = await trainings.take(lease=LEASE)
    assert taken is not None
    await trainings.add(waiting, most=9)

    canceled = await trainings.cancel(waiting.id)
    stopping = await trainings.cancel(running.id)

    assert canceled.state is TrainingState.CANCELED
    assert canceled.finished_at is not None
    assert (stopping.state, stopping.is_stopping) == (TrainingState.TRAINING, True)
    kept = await trainings.keep(taken, TrainingProgress(), lease=LEASE)
    assert kept is not None
    assert kept.is_stopping
    with pytest.raises(TrainingEnded):
        await trainings.cancel(waiting.id)
    with pytest.raises(TrainingNotFound):
        await trainings.cancel(TrainingId(uuid7()))


async def test_a_training_that_was_handed_back_with_a_model_is_not_canceled(empty: Adapters) -> None:
    trainings = empty.model_trainings
    await trainings.add(a_training(), most=9)
    taken = await trainings.take(lease=LEASE)
    assert taken is not None
    await trainings.trained(taken, "b" * 64)
    await trainings.hand_back(taken, pause=timedelta(0))

    stopping = await trainings.cancel(taken.id)

    assert (stopping.state, stopping.finished_at) == (TrainingState.QUEUED, None)
    again = await trainings.take(lease=LEASE)
    assert again is not None
    assert (again.is_stopping, again.model_sha256) == (True, "b" * 64)


async def test_the_file_of_an_unfinished_training_is_needed(empty: Adapters) -> None:
    trainings, file_id = empty.model_trainings, ModelFileId(uuid7())
    await trainings.add(a_training(), most=9)
    taken = await trainings.take(lease=LEASE)
    assert taken is not None
    await empty.model_files.begin(file_id)
    await empty.model_files.whole(file_id, sha256="b" * 64, size=7)
    await trainings.trained(taken, "b" * 64)
    await empty.pass_time(timedelta(hours=2))

    assert await empty.model_files.unneeded(limit=10) == []
    again = await trainings.take(lease=LEASE)
    assert again is not None
    await trainings.record(again.end(TrainingState.FAILED, REFUSED))

    assert await empty.model_files.unneeded(limit=10) == [file_id]


async def test_there_are_never_more_unfinished_trainings_than_the_limit(empty: Adapters) -> None:
    trainings = empty.model_trainings
    sent = [a_training(sha256=digit * 64) for digit in "abcde"]

    answers = await asyncio.gather(*(trainings.add(each, most=2) for each in sent), return_exceptions=True)

    refused = [each for each in answers if each is not None]
    assert [(type(each), vars(each)["pending"], vars(each)["most"]) for each in refused] == [
        (TooManyTrainings, 2, 2)
    ] * 3
    assert await trainings.unfinished() == 2
    taken = await trainings.take(lease=LEASE)
    assert taken is not None
    assert await trainings.unfinished() == 2
    await trainings.record(taken.end(TrainingState.READY, version=1))
    assert await trainings.unfinished() == 1
    await trainings.add(a_training(sha256="f" * 64), most=2)


async def test_ended_trainings_expire_and_only_the_table_of_an_unfinished_one_is_needed(
    empty: Adapters,
) -> None:
    trainings = empty.model_trainings
    ended, waiting = a_training(), a_training(sha256="b" * 64)
    for each in (ended, waiting):
        await empty.model_files.begin(each.table_id)
    await trainings.add(ended, most=9)
    taken = await trainings.take(lease=LEASE)
    assert taken is not None
    await trainings.record(taken.end(TrainingState.REFUSED, REFUSED))
    await trainings.add(waiting, most=9)
    week = timedelta(days=7)
    assert await trainings.expired(keep=week, limit=10) == []

    await empty.pass_time(timedelta(days=8))

    [expired] = await trainings.expired(keep=week, limit=10)
    assert (expired.id, expired.reason) == (ended.id, REFUSED)
    assert await empty.model_files.unneeded(limit=10) == [ended.table_id]
    await trainings.delete([expired.id])
    assert await trainings.expired(keep=week, limit=10) == []
    assert await empty.model_files.unneeded(limit=10) == [ended.table_id]
