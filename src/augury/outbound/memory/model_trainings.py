from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from typing_extensions import override

from augury.application.models.ports.trainings import ModelTrainings
from augury.application.ports import Conflict
from augury.domain.audit import Act
from augury.domain.identifiers import TrainingId
from augury.domain.model_training import (
    ModelTraining,
    TooManyTrainings,
    TrainingNotFound,
    TrainingProgress,
    TrainingState,
)
from augury.domain.training_plan import Plan
from augury.outbound.memory.audit_log import note
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.records import TrainingRecord


@dataclass(frozen=True, slots=True)
class MemoryModelTrainings(ModelTrainings):
    memory: Memory

    @override
    async def add(self, training: ModelTraining, *, most: int, act: Act | None = None) -> None:
        async with self.memory.change() as state:
            if (pending := _unfinished(state)) >= most:
                raise TooManyTrainings(pending, most)
            if _repeated(state, training.name, training.sha256, training.plan):
                raise Conflict(f"the table is already a training of {training.name}")
            state.model_trainings[training.id] = TrainingRecord(training, self.memory.now())
            note(state, self.memory.now(), act)

    @override
    async def unfinished(self) -> int:
        return _unfinished(self.memory.state)

    @override
    async def repeated(self, name: str, sha256: str, plan: Plan) -> ModelTraining | None:
        return _repeated(self.memory.state, name, sha256, plan)

    @override
    async def get(self, training_id: TrainingId) -> ModelTraining:
        record = self.memory.state.model_trainings.get(training_id)
        if record is None:
            raise TrainingNotFound(training_id)
        return record.training

    @override
    async def several(self, ids: Collection[TrainingId]) -> Sequence[ModelTraining]:
        known = self.memory.state.model_trainings
        return [known[each].training for each in ids if each in known]

    @override
    async def page(self, *, limit: int, before: TrainingId | None = None) -> Sequence[ModelTraining]:
        known = self.memory.state.model_trainings
        ids = [each for each in sorted(known, reverse=True) if before is None or each < before]
        return [known[each].training for each in ids[:limit]]

    @override
    async def take(self, *, lease: timedelta) -> ModelTraining | None:
        now = self.memory.now()
        async with self.memory.change() as state:
            due = [
                each
                for each in state.model_trainings.values()
                if not each.training.state.is_final and each.due_at <= now
            ]
            if not due:
                return None
            found = min(due, key=lambda each: each.due_at).training
            taken = found.begin(at=now)
            state.model_trainings[taken.id] = TrainingRecord(taken, now + lease)
        return taken

    @override
    async def keep(
        self, training: ModelTraining, progress: TrainingProgress, *, lease: timedelta
    ) -> ModelTraining | None:
        async with self.memory.change() as state:
            mine = _mine(state, training)
            kept = mine and replace(mine, progress=progress)
            if kept:
                state.model_trainings[kept.id] = TrainingRecord(kept, self.memory.now() + lease)
        return kept

    @override
    async def trained(self, training: ModelTraining, sha256: str) -> bool:
        async with self.memory.change() as state:
            if mine := _mine(state, training):
                due_at = state.model_trainings[mine.id].due_at
                state.model_trainings[mine.id] = TrainingRecord(replace(mine, model_sha256=sha256), due_at)
        return mine is not None

    @override
    async def hand_back(self, training: ModelTraining, *, pause: timedelta) -> None:
        async with self.memory.change() as state:
            if mine := _mine(state, training):
                due_at = self.memory.now() + pause
                state.model_trainings[mine.id] = TrainingRecord(mine.hand_back(), due_at)

    @override
    async def record(self, training: ModelTraining) -> bool:
        now = self.memory.now()
        async with self.memory.change() as state:
            if mine := _mine(state, training):
                percent = 100 if training.state is TrainingState.READY else mine.progress.percent
                done = replace(
                    mine,
                    state=training.state,
                    reason=training.reason,
                    version=training.version,
                    progress=replace(mine.progress, percent=percent, seconds_left=None),
                    finished_at=now,
                )
                state.model_trainings[mine.id] = TrainingRecord(done, now)
        return mine is not None

    @override
    async def cancel(self, training_id: TrainingId, *, act: Act | None = None) -> ModelTraining:
        now = self.memory.now()
        async with self.memory.change() as state:
            record = state.model_trainings.get(training_id)
            if record is None:
                raise TrainingNotFound(training_id)
            stopping = record.training.stop(at=now)
            state.model_trainings[training_id] = TrainingRecord(stopping, record.due_at)
            note(state, now, act)
        return stopping

    @override
    async def expired(self, *, keep: timedelta, limit: int) -> Sequence[ModelTraining]:
        oldest = self.memory.now() - keep
        known = [each.training for each in self.memory.state.model_trainings.values()]
        return [each for each in known if each.finished_at and each.finished_at < oldest][:limit]

    @override
    async def delete(self, ids: Collection[TrainingId]) -> None:
        async with self.memory.change() as state:
            for each in ids:
                state.model_trainings.pop(each, None)


def _unfinished(state: State) -> int:
    return sum(not each.training.state.is_final for each in state.model_trainings.values())


def _repeated(state: State, name: str, sha256: str, plan: Plan) -> ModelTraining | None:
    asked = name, sha256, plan.digest
    for each in (record.training for record in state.model_trainings.values()):
        goes_on = not each.state.is_final or each.state is TrainingState.READY
        if goes_on and (each.name, each.sha256, each.plan.digest) == asked:
            return each
    return None


def _mine(state: State, training: ModelTraining) -> ModelTraining | None:
    """The stored training, if this attempt still owns it."""
    record = state.model_trainings.get(training.id)
    if record is None or record.training.state is not TrainingState.TRAINING:
        return None
    return record.training if record.training.attempts == training.attempts else None
