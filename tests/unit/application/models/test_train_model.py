"""A table becomes a version, whatever happens to the workers meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typing_extensions import override

from augury.application.models.model_receipt import ModelReceipt, ReceivedFile
from augury.application.models.ports.trainings import ModelTrainer, TrainingFailed, TrainingWatch
from augury.application.models.receive_table import ReceiveTable
from augury.application.models.train_model import MOST_ATTEMPTS
from augury.application.ports import Unavailable
from augury.domain.audit import Act, Author
from augury.domain.model import ModelRef, ModelState
from augury.domain.model_training import ModelTraining, TooManyTrainings, TrainingState
from augury.domain.model_upload import UploadTerms
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import Plan
from augury.outbound.memory.model_trainings import MemoryModelTrainings
from tests.hexagon import Hexagon

TABLE = b"age,calls,churn\n1,2,no\n"
AUTHOR = Author(system_user="root", request_id="1")


class Breaking(ModelTrainer):
    def __init__(self, error: Exception) -> None:
        self._error = error

    @override
    @asynccontextmanager
    async def train(
        self, table: AsyncIterator[bytes], name: str, plan: Plan, watch: TrainingWatch
    ) -> AsyncIterator[Path]:
        raise self._error
        yield Path()

    @override
    async def clear(self) -> int:
        return 0


async def sent(
    hexagon: Hexagon,
    *,
    target: str = "churn",
    activate: bool = False,
    digest: str = "a" * 64,
    receive: ReceiveTable | None = None,
) -> ModelTraining:
    receive = receive or hexagon.receive_table
    async with receive("churn") as receipt:
        await hexagon.model_files.put(receipt.file_id, 0, TABLE)
        return await whole(receive, receipt, digest, target=target, activate=activate)


async def whole(
    receive: ReceiveTable,
    receipt: ModelReceipt,
    digest: str,
    *,
    target: str = "churn",
    activate: bool = False,
) -> ModelTraining:
    return await receive.whole(
        ReceivedFile(receipt=receipt, sha256=digest, size=len(TABLE)),
        "churn",
        plan=Plan(target=target),
        terms=UploadTerms(row_price=3, activate=activate),
        author=AUTHOR,
    )


async def test_a_table_becomes_a_version_that_is_ready(hexagon: Hexagon) -> None:
    training = await sent(hexagon)

    done = await hexagon.train_model()

    assert done is not None
    assert (done.id, done.state, done.ref) == (training.id, TrainingState.READY, ModelRef("churn", 1))
    made = await hexagon.models.version(ModelRef("churn", 1))
    assert (made.state, made.row_price) == (ModelState.READY, 3)
    assert [each.name for each in made.facts.schema.features] == ["age", "calls"]
    stored = await hexagon.model_trainings.get(training.id)
    assert stored.model_sha256 == made.sha256
    assert await hexagon.train_model() is None


async def test_a_version_becomes_active_if_that_was_asked_for(hexagon: Hexagon) -> None:
    await sent(hexagon, activate=True)

    await hexagon.train_model()

    assert (await hexagon.models.get("churn")).is_active


async def test_a_table_that_cannot_be_learned_from_is_refused_with_the_reason(hexagon: Hexagon) -> None:
    await sent(hexagon, target="left")

    done = await hexagon.train_model()

    assert done is not None
    assert done.state is TrainingState.REFUSED
    assert "no column 'left'" in str(done.reason)


async def test_the_same_table_is_not_trained_twice_and_its_copy_is_deleted(hexagon: Hexagon) -> None:
    first = await sent(hexagon)

    assert (await sent(hexagon)).id == first.id

    assert list(hexagon.model_files.stored) == [first.table_id]
    acts = [entry.act.subject for entry in (await hexagon.audit_log.page(limit=9)).items]
    assert acts == [f"training:{first.id}"]


async def test_a_process_that_ends_during_the_training_is_the_reason(hexagon: Hexagon) -> None:
    await sent(hexagon)
    failed = Reason.of(ReasonCode.TRAINING_FAILED, error="MemoryError")
    train = replace(hexagon.train_model, trainer=Breaking(TrainingFailed(failed)))

    done = await train()

    assert done is not None
    assert (done.state, done.reason) == (TrainingState.FAILED, failed)


async def test_another_worker_trains_after_the_lease_but_not_for_ever(hexagon: Hexagon) -> None:
    training = await sent(hexagon)
    for _ in range(MOST_ATTEMPTS):
        assert await hexagon.model_trainings.take(lease=hexagon.limits.lease)  # and this worker dies
        assert await hexagon.train_model() is None
        hexagon.clock.advance(hexagon.limits.lease)

    done = await hexagon.train_model()

    assert done is not None
    assert done.state is TrainingState.FAILED
    assert "3 times" in str((await hexagon.model_trainings.get(training.id)).reason)


async def test_a_file_that_a_dead_worker_has_trained_is_only_added(hexagon: Hexagon) -> None:
    training = await sent(hexagon)
    taken = await hexagon.model_trainings.take(lease=hexagon.limits.lease)
    assert taken is not None
    pieces = hexagon.train_model._table(taken)
    async with hexagon.model_trainer.train(pieces, "churn", training.plan, TrainingWatch()) as file:
        await hexagon.model_trainings.trained(taken, await hexagon.model_store.share(file))
    hexagon.clock.advance(hexagon.limits.lease)

    again = Breaking(TrainingFailed(Reason.written("trained again")))
    done = await replace(hexagon.train_model, trainer=again)()

    assert done is not None
    assert done.state is TrainingState.READY


async def test_a_training_waits_while_a_dependency_is_away(hexagon: Hexagon) -> None:
    training = await sent(hexagon)
    with pytest.raises(Unavailable):
        await replace(hexagon.train_model, trainer=Breaking(Unavailable("no space")))()

    stored = await hexagon.model_trainings.get(training.id)

    assert (stored.state, stored.attempts) == (TrainingState.QUEUED, 0)


async def test_a_table_is_deleted_when_its_training_ends(hexagon: Hexagon) -> None:
    for target in ("churn", "no such column"):
        training = await sent(hexagon, target=target)
        assert training.table_id in hexagon.model_files.stored
        await hexagon.train_model()
        assert training.table_id not in hexagon.model_files.stored
    canceled = await sent(hexagon, target="calls")
    await hexagon.cancel_training(canceled.id)
    assert canceled.table_id not in hexagon.model_files.stored
    running = await sent(hexagon, target="age")
    assert await hexagon.model_trainings.take(lease=hexagon.limits.lease)
    await hexagon.cancel_training(running.id)
    assert running.table_id in hexagon.model_files.stored, "it goes on until its best model is kept"


async def test_a_table_is_not_taken_while_too_many_trainings_are_unfinished(hexagon: Hexagon) -> None:
    receive = replace(hexagon.receive_table, limits=replace(hexagon.limits, max_trainings=1))
    await sent(hexagon)

    with pytest.raises(TooManyTrainings) as refused:
        async with receive("churn"):
            pass

    assert (refused.value.pending, refused.value.most) == (1, 1)
    assert len(hexagon.model_files.stored) == 1, "no place for a second table was begun"


class Unheard(MemoryModelTrainings):
    """The connection breaks after the commit of a training."""

    @override
    async def add(self, training: ModelTraining, *, most: int, act: Act | None = None) -> None:
        await MemoryModelTrainings.add(self, training, most=most, act=act)
        raise Unavailable("no answer to the commit")


async def test_a_table_whose_training_was_added_but_not_heard_of_is_kept(hexagon: Hexagon) -> None:
    receive = replace(hexagon.receive_table, trainings=Unheard(hexagon.memory))
    with pytest.raises(Unavailable):
        await sent(hexagon, receive=receive)

    again = await sent(hexagon)

    assert list(hexagon.model_files.stored) == [again.table_id], "the second copy is not needed"
    done = await hexagon.train_model()
    assert done is not None
    assert (done.id, done.state) == (again.id, TrainingState.READY)


async def test_a_table_that_comes_while_the_last_place_is_taken_is_deleted(hexagon: Hexagon) -> None:
    receive = replace(hexagon.receive_table, limits=replace(hexagon.limits, max_trainings=1))
    async with receive("churn") as receipt:
        first = await sent(hexagon, digest="b" * 64)
        with pytest.raises(TooManyTrainings):
            await whole(receive, receipt, "a" * 64)

    assert list(hexagon.model_files.stored) == [first.table_id]


async def test_ended_trainings_are_deleted(hexagon: Hexagon) -> None:
    training = await sent(hexagon)
    await hexagon.train_model()
    assert await hexagon.purge_trainings() == 0

    hexagon.clock.advance(timedelta(days=8))

    assert await hexagon.purge_trainings() == 1
    assert training.table_id not in hexagon.model_files.stored
    assert await hexagon.model_trainings.page(limit=9) == []
    assert (await hexagon.models.version(ModelRef("churn", 1))).ref.version == 1
