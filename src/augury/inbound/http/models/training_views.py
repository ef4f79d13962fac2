"""Trainings as the administrator sees them."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec

from augury.cards.card import Coded
from augury.domain.identifiers import TrainingId
from augury.domain.model_training import ModelTraining, TrainingState
from augury.domain.training_plan import ColumnKind, TrainingTask

EXAMPLE = TrainingId(UUID("01994d2f-7c1e-7000-8a3b-5c6d7e8f9013"))


class PlanView(msgspec.Struct, frozen=True):
    """What is predicted, and the settings that were given."""

    target: str
    kinds: dict[str, ColumnKind]
    task: TrainingTask | None
    time: str | None
    group: str | None
    positive: str | None
    cost: str | None
    seconds: int


class TrainingUrls(msgspec.Struct, frozen=True):
    self_: str = msgspec.field(name="self")
    events: str
    cancel: str
    model: str | None
    card: str | None


class TrainingView(msgspec.Struct, frozen=True):
    """A training in its current state.

    `queued`: no worker has begun it. `training`: a worker trains, and `percent` of the steps are done;
    `seconds_left` is an estimate, null before the first tree. `found` says how the columns of the table are
    used, and why. `ready`: the model is the version `model`. `refused`: no model can be trained from the
    table, for the `reason`. `failed`: it ended for another `reason`. `canceled`: it was ended before there
    was a model. If `stopping` is true, it ends with the best model so far. `found` and `reason` are in
    English; `findings` and `why` say the same as codes with values.
    """

    id: TrainingId
    state: TrainingState
    name: str
    model: str | None
    percent: Annotated[int, msgspec.Meta(ge=0, le=100)]
    seconds_left: int | None
    stopping: bool
    found: list[str]
    findings: list[Coded]
    reason: str | None
    why: Coded | None
    plan: PlanView
    sha256: str
    size: int
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    urls: TrainingUrls

    @classmethod
    def of(cls, training: ModelTraining, *, base_path: str) -> Self:
        ref, progress = training.ref, training.progress
        url = f"{base_path}/admin/trainings/{training.id}"
        return cls(
            id=training.id,
            state=training.state,
            name=training.name,
            model=None if ref is None else str(ref),
            percent=progress.percent,
            seconds_left=progress.seconds_left,
            stopping=training.is_stopping and not training.state.is_final,
            found=list(map(str, progress.found)),
            findings=list(map(Coded.of, progress.found)),
            reason=None if training.reason is None else str(training.reason),
            why=None if training.reason is None else Coded.of(training.reason),
            plan=_plan(training),
            sha256=training.sha256,
            size=training.size,
            attempts=training.attempts,
            created_at=training.created_at,
            started_at=training.started_at,
            finished_at=training.finished_at,
            urls=TrainingUrls(
                url,
                f"{url}/events",
                f"{url}/cancel",
                None if ref is None else f"{base_path}/admin/models/{ref}",
                None if ref is None else f"{base_path}/models/{ref}/card",
            ),
        )


def _plan(training: ModelTraining) -> PlanView:
    plan = training.plan
    return PlanView(
        target=plan.target,
        kinds=dict(plan.kinds),
        task=plan.task,
        time=plan.time,
        group=plan.group,
        positive=plan.positive,
        cost=None if plan.cost is None else str(plan.cost),
        seconds=int(plan.time_limit.total_seconds()),
    )


class TrainingPage(msgspec.Struct, frozen=True):
    items: list[TrainingView]
    next_cursor: str | None
