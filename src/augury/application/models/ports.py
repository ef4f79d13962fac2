"""Ports: models, their files, the inspection of a file, uploaded files, and trainings from tables."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeAlias

from augury.domain.audit import Act
from augury.domain.identifiers import ModelFileId, TrainingId, UserId
from augury.domain.model import Model, ModelRef
from augury.domain.model_facts import ModelFacts
from augury.domain.model_training import ModelTraining, TrainingProgress
from augury.domain.model_upload import CheckStage, ModelUpload
from augury.domain.speed import Speed
from augury.domain.training_plan import Plan
from augury.domain.usage import Usage


class ModelUnavailable(Exception):
    """The model's file cannot be used. `str()` is the reason."""


ActOnModel: TypeAlias = Callable[[Model, Model], Act]
"""Makes the entry of the audit log from the version before and after its change."""


class Models(Protocol):
    """The models on offer. An `act` is recorded in the audit log, in the same transaction."""

    @abstractmethod
    async def get(self, name: str, *, user_id: UserId | None = None) -> Model:
        """The model `name` (its active version, or its canary if this user is in its share) or
        `name@version`. Raises `ModelNotFound`, also if it is retired."""

    @abstractmethod
    async def version(self, ref: ModelRef) -> Model:
        """This version, even if retired: accepted predictions still run. Raises `ModelNotFound`."""

    @abstractmethod
    async def all(self) -> Sequence[Model]:
        """Every version, including retired ones, ordered by name and version."""

    @abstractmethod
    async def page(self, *, limit: int, after: str = "") -> Sequence[Model]:
        """Every version that serves predictions, of the next `limit` names after `after`, ordered by name and
        version."""

    @abstractmethod
    async def add(self, model: Model, *, act: Act | None = None) -> None:
        """Add a version. An active one replaces the name's active version, and ends its canary.

        Raises `Conflict` if the name already has that version, or if another file (by its SHA-256) was
        uploaded to become that version.
        """

    @abstractmethod
    async def last_version(self, name: str) -> int:
        """The highest version of this name, including uploaded files. 0 if there is none."""

    @abstractmethod
    async def versions(self, name: str) -> Sequence[Model]:
        """Every version of this name, including retired ones, oldest first."""

    @abstractmethod
    async def card(self, ref: ModelRef) -> str | None:
        """The card of this version as JSON, or None if its file has none. Raises `ModelNotFound`."""

    @abstractmethod
    async def change(
        self, ref: ModelRef, how: Callable[[Model], Model], *, act: ActOnModel | None = None
    ) -> Model:
        """Lock this version and store the prices, `state`, `share` and `facts` that `how` returns. Facts
        without a card leave the stored card unchanged.

        An active version replaces the name's active one (see `Model.after`), and ends its canary. A canary
        replaces the name's canary. Returns the changed version. Raises `ModelNotFound`, `Conflict`, and the
        errors of `how`.
        """

    @abstractmethod
    async def measured(self, speeds: Mapping[ModelRef, Speed]) -> None:
        """Add measured calls to the stored speeds of these versions. Unknown versions are ignored."""


class ModelStore(Protocol):
    """Model files, by the SHA-256 of their content."""

    @abstractmethod
    async def put(self, file: Path) -> str:
        """Store a copy of the file. Returns its SHA-256 in hexadecimal."""

    @abstractmethod
    async def share(self, file: Path) -> str:
        """Store a copy of the file where every host finds it. Returns its SHA-256 in hexadecimal."""

    @abstractmethod
    async def path(self, sha256: str) -> Path:
        """The path of the file. Its content was checked. Raises `ModelUnavailable`."""


class ModelInspector(Protocol):
    @abstractmethod
    async def inspect(self, file: Path) -> ModelFacts:
        """The facts in the file, read in a place where a malicious file can do no harm.

        Raises `ModelRefused`.
        """


@dataclass(frozen=True, slots=True)
class Steps:
    """A version's counts over time."""

    total: Usage
    by_time: Mapping[datetime, Usage]
    """The steps with counts, by their beginning, without labels."""


class VersionCounts(Protocol):
    """The workers' counts of each version, by minute. They are kept for a week."""

    @abstractmethod
    async def add(self, counted: Mapping[ModelRef, Usage]) -> None:
        """Add these counts to the current minute."""

    @abstractmethod
    async def read(self, name: str, *, within: timedelta) -> Mapping[ModelRef, Usage]:
        """The counts of this name's versions within this time. Versions without counts are left out."""

    @abstractmethod
    async def by_step(
        self, refs: Sequence[ModelRef], *, within: timedelta, step: timedelta
    ) -> Mapping[ModelRef, Steps]:
        """The counts of these versions within this time, also by steps. Versions without counts are left
        out. A step begins at a whole multiple of its length since 1970."""


PIECE_BYTES = 1 << 20
"""The size of every piece of a stored file except the last. With pieces, a file of any size needs little
memory."""


class ModelFiles(Protocol):
    """Uploaded files, in numbered pieces of `PIECE_BYTES`."""

    @abstractmethod
    async def begin(self, file_id: ModelFileId) -> None:
        """Record a file whose pieces will be stored. It has no content until `whole` is called."""

    @abstractmethod
    async def put(self, file_id: ModelFileId, number: int, content: bytes) -> None:
        """Store a piece. It replaces an earlier one with the same number."""

    @abstractmethod
    async def whole(self, file_id: ModelFileId, *, sha256: str, size: int) -> None:
        """Record that all pieces of the file are stored."""

    @abstractmethod
    async def find(self, sha256: str) -> ModelFileId | None:
        """A whole file with this digest."""

    @abstractmethod
    async def piece(self, file_id: ModelFileId, number: int) -> bytes:
        """A piece of the file. Empty after the last piece, or if the file was deleted."""

    @abstractmethod
    async def delete(self, file_id: ModelFileId) -> None: ...

    @abstractmethod
    async def unneeded(self, *, limit: int) -> Sequence[ModelFileId]:
        """Files that neither a model, a check nor an unfinished training needs, and files that were not
        completed within a day."""


class ModelUploads(Protocol):
    """Uploads that are to become versions. A worker takes each one under a lease and checks it."""

    @abstractmethod
    async def add(self, upload: ModelUpload, *, act: Act | None = None) -> None:
        """Raises `Conflict` if the name already has this version, or another upload for it."""

    @abstractmethod
    async def get(self, ref: ModelRef) -> ModelUpload | None: ...

    @abstractmethod
    async def several(self, refs: Collection[ModelRef]) -> Sequence[ModelUpload]:
        """The uploads for these versions, before and after their check, in any order."""

    @abstractmethod
    async def all(self) -> Sequence[ModelUpload]:
        """The uploads that are being checked or were refused, ordered by name and version."""

    @abstractmethod
    async def checking(self, name: str, sha256: str) -> ModelUpload | None:
        """The upload of this file to this name that is being checked."""

    @abstractmethod
    async def take(self, *, lease: timedelta) -> ModelUpload | None:
        """Take the oldest upload that no worker is checking, for the time of the lease, and count the
        attempt. None if there is none."""

    @abstractmethod
    async def keep(self, upload: ModelUpload, stage: CheckStage, *, lease: timedelta) -> bool:
        """Store the stage of the check, and renew the lease. False if another worker has taken the upload
        since."""

    @abstractmethod
    async def hand_back(self, upload: ModelUpload, *, pause: timedelta) -> None:
        """Allow another check after the pause, without counting this attempt."""

    @abstractmethod
    async def record(self, upload: ModelUpload) -> bool:
        """Store the state and the reason after a check. False if another worker has taken the upload
        since."""

    @abstractmethod
    async def forget_refused(self, *, keep: timedelta) -> None:
        """Delete the uploads that were refused longer than `keep` ago."""


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
        """Cancel a queued training, or let one under way stop with the best model so far. Returns it.

        Raises `TrainingNotFound`, `TrainingEnded`.
        """

    @abstractmethod
    async def expired(self, *, keep: timedelta, limit: int) -> Sequence[ModelTraining]:
        """Trainings that ended longer than `keep` ago."""

    @abstractmethod
    async def delete(self, ids: Collection[TrainingId]) -> None:
        """Delete these trainings, but not their tables."""


class TableRefused(Exception):
    """No model can be trained from the table with the plan. `str()` is the reason."""


class TrainingFailed(Exception):
    """The training ended without a model, for a reason outside the table. `str()` is the reason."""


class TrainingCanceled(Exception):
    """The training was stopped before there was a model."""


class TrainingWatch:
    """How the caller of a training follows it, and ends it early."""

    def __init__(self) -> None:
        self.done, self.total = 0, 0
        """Steps of the training."""
        self.found: list[str] = []
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
        """Delete what trainings left on this machine whose process was killed. Returns their number."""
