"""Tables that were sent to the service, until a worker has trained a model from each."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from augury.domain.errors import DomainError
from augury.domain.identifiers import ModelFileId, TrainingId
from augury.domain.model import InvalidModelName, ModelRef
from augury.domain.model_upload import UploadTerms
from augury.domain.reasons import Reason
from augury.domain.training_plan import Plan


@dataclass(eq=False)
class EmptyTable(DomainError):
    """The table is empty."""


@dataclass(eq=False)
class TrainingNotFound(DomainError):
    """There is no such training."""

    training_id: TrainingId


@dataclass(eq=False)
class TooManyTrainings(DomainError):
    """Too many trainings are unfinished: try again later."""

    pending: int
    most: int
    retry_after: int = 60
    """Seconds."""


class TrainingState(StrEnum):
    QUEUED = "queued"
    """No worker has started it."""
    TRAINING = "training"
    READY = "ready"
    """Its model is a version of its name."""
    REFUSED = "refused"
    """No model can be trained from the table with the plan."""
    FAILED = "failed"
    """It ended for a reason outside the table, such as a lack of memory."""
    CANCELED = "canceled"
    """An operator ended it before there was a model."""

    @property
    def is_final(self) -> bool:
        return self not in (TrainingState.QUEUED, TrainingState.TRAINING)


@dataclass(eq=False)
class TrainingEnded(DomainError):
    """The training has already ended."""

    state: TrainingState


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """How far a training has come."""

    percent: int = 0
    seconds_left: int | None = None
    """An estimate. None before the first trees."""
    found: tuple[Reason, ...] = ()
    """The findings in the table."""

    def from_start(self) -> Self:
        return replace(self, percent=0, seconds_left=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTraining:
    """A table that was sent, and the model that is trained from it.

    Only the memory adapter calls `begin`, `hand_back` and `stop`. PostgreSQL does each in one SQL statement;
    the contract tests keep both equal.
    """

    id: TrainingId
    name: str
    """The name of the model. What is trained becomes its next version."""
    table_id: ModelFileId
    sha256: str
    """The digest of the table, which is deleted after the training has ended."""
    size: int
    """Bytes of the table."""
    plan: Plan
    terms: UploadTerms
    created_at: datetime
    state: TrainingState = TrainingState.QUEUED
    attempts: int = 0
    """How many workers have started it. The number is also the fencing token of the latest one."""
    is_stopping: bool = False
    """An operator wants the best model so far."""
    progress: TrainingProgress = TrainingProgress()
    model_sha256: str | None = None
    """The digest of the trained file, as soon as there is one."""
    version: int | None = None
    """The version of `name` that it became."""
    reason: Reason | None = None
    """Why there is no model, or a remark for the operator about the new version."""
    started_at: datetime | None = None
    finished_at: datetime | None = None

    def __post_init__(self) -> None:
        if not ModelRef(self.name, 1).is_valid:
            raise InvalidModelName(name=self.name)

    @property
    def ref(self) -> ModelRef | None:
        return None if self.version is None else ModelRef(self.name, self.version)

    def begin(self, *, at: datetime) -> Self:
        """Record that a worker has taken it, perhaps after another one that died."""
        return replace(
            self,
            state=TrainingState.TRAINING,
            attempts=self.attempts + 1,
            progress=self.progress.from_start(),
            started_at=self.started_at or at,
        )

    def hand_back(self) -> Self:
        """Queue it again because its worker stops, or a dependency was unavailable. This attempt does not
        count."""
        return replace(
            self,
            state=TrainingState.QUEUED,
            attempts=self.attempts - 1,
            progress=self.progress.from_start(),
        )

    def stop(self, *, at: datetime) -> Self:
        """Ask for the best model so far, or cancel it if no worker is training and none has made a model.
        Raises `TrainingEnded`."""
        if self.state.is_final:
            raise TrainingEnded(self.state)
        stopping = replace(self, is_stopping=True)
        if self.state is TrainingState.QUEUED and self.model_sha256 is None:
            return replace(stopping, state=TrainingState.CANCELED, finished_at=at)
        return stopping

    def end(self, state: TrainingState, reason: Reason | None = None, *, version: int | None = None) -> Self:
        return replace(self, state=state, reason=reason, version=version)
