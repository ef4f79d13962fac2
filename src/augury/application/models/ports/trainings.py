"""Ports: trainings from tables."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from augury.domain.audit import Act
from augury.domain.identifiers import TrainingId
from augury.domain.model_training import ModelTraining, TrainingProgress
from augury.domain.reasons import Reason
from augury.domain.training_plan import Plan


class ModelTrainings(Protocol):
    """Tables from which workers train models. A worker takes each one under a lease."""

    @abstractmethod
    async def add(self, training: ModelTraining, *, most: int, act: Act | None = None) -> None:
        """Raises `Conflict` if `repeated` has such a training, and `TooManyTrainings` if `most` trainings are
        unfinished."""

    @abstractmethod
    async def unfinished(self) -> int:
        """The number of trainings that have not ended."""

    @abstractmethod
    async def repeated(self, name: str, sha256: str, plan: Plan) -> ModelTraining | None:
        """The training of this table for this name by this plan that has not ended, or has ended well."""

    @abstractmethod
    async def get(self, training_id: TrainingId) -> ModelTraining:
        """Raises `TrainingNotFound`."""

    @abstractmethod
    async def several(self, ids: Collection[TrainingId]) -> Sequence[ModelTraining]:
        """Those of these trainings that exist, in any order."""

    @abstractmethod
    async def page(self, *, limit: int, before: TrainingId | None = None) -> Sequence[ModelTraining]:
        """The next `limit` trainings before `before`, newest first."""

    @abstractmethod
    async def take(self, *, lease: timedelta) -> ModelTraining | None:
        """Take the training that has waited longest and that no worker trains, for the time of the lease, and
        count the attempt. None if there is none."""

    @abstractmethod
    async def keep(
        self, training: ModelTraining, progress: TrainingProgress, *, lease: timedelta
    ) -> ModelTraining | None:
        """Store the progress, and renew the lease. Returns the stored training, which says whether it must
        stop, or None if another worker has taken it since."""

    @abstractmethod
    async def trained(self, training: ModelTraining, sha256: str) -> bool:
        """Store the digest of the trained file. False if another worker has taken the training since."""

    @abstractmethod
    async def hand_back(self, training: ModelTraining, *, pause: timedelta) -> None:
        """Allow another worker to train after the pause, without counting this attempt."""

    @abstractmethod
    async def record(self, training: ModelTraining) -> bool:
        """Store the final state, the version and the reason. False if another worker has taken the training
        since."""

    @abstractmethod
    async def cancel(self, training_id: TrainingId, *, act: Act | None = None) -> ModelTraining:
        """Cancel a queued training, or let one under way, or one that has a model, end with the best model
        so far. Returns it.

        Raises `TrainingNotFound`, `TrainingEnded`.
        """

    @abstractmethod
    async def expired(self, *, keep: timedelta, limit: int) -> Sequence[ModelTraining]:
        """Trainings that ended longer than `keep` ago."""

    @abstractmethod
    async def delete(self, ids: Collection[TrainingId]) -> None:
        """Delete these trainings, but not their tables."""


@dataclass
class TableRefused(Exception):
    """No model can be trained from the table with the plan."""

    reason: Reason


@dataclass
class TrainingFailed(Exception):
    """The training ended without a model, for a reason outside the table."""

    reason: Reason


class TrainingCanceled(Exception):
    """The training was stopped before there was a model."""


class TrainingWatch:
    """How the caller of a training follows it, and ends it early."""

    def __init__(self) -> None:
        self.done, self.total = 0, 0
        """Steps of the training."""
        self.found: list[Reason] = []
        self.stop = asyncio.Event()
        """Once set, the training ends soon, with the best model so far."""


class ModelTrainer(Protocol):
    @abstractmethod
    def train(
        self, table: AsyncIterator[bytes], name: str, plan: Plan, watch: TrainingWatch
    ) -> AbstractAsyncContextManager[Path]:
        """Train a model from the table in a place where neither the table nor the training can harm others.
        `name` stands for the table in the model's card. The file exists during the block only.

        Raises `TableRefused`, `TrainingFailed`, `TrainingCanceled`, `Unavailable`.
        """

    @abstractmethod
    async def clear(self) -> int:
        """Delete what killed processes of trainings have left on this machine. Returns the number of these
        trainings."""
