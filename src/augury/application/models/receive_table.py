"""Receive a table piece by piece. Once it is complete, a worker trains a model from it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from augury.application.limits import Limits
from augury.application.models.model_receipt import ModelReceipt, ReceivedFile, receiving
from augury.application.models.ports.trainings import ModelTrainings
from augury.application.models.ports.uploads import ModelFiles
from augury.application.ports import Clock
from augury.application.retrying import retried
from augury.domain.audit import Action, Author, act_of
from augury.domain.identifiers import TrainingId, uuid7
from augury.domain.model_training import EmptyTable, ModelTraining, TooManyTrainings
from augury.domain.model_upload import UploadTerms
from augury.domain.training_plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveTable:
    """Take a table (CSV or Parquet), from which a worker trains a model as the next version of its name."""

    files: ModelFiles
    trainings: ModelTrainings
    clock: Clock
    limits: Limits

    @asynccontextmanager
    async def __call__(self, name: str) -> AsyncIterator[ModelReceipt]:
        """Raises `InvalidModelName`, and `TooManyTrainings` before a table is stored in vain. The caller
        stores the pieces in `files` while the block runs, and then calls `whole`."""
        most = self.limits.max_trainings
        if (pending := await self.trainings.unfinished()) >= most:
            raise TooManyTrainings(pending, most)
        async with receiving(self.files, name) as receipt:
            yield receipt

    async def whole(
        self,
        file: ReceivedFile,
        name: str,
        *,
        plan: Plan,
        terms: UploadTerms,
        author: Author | None = None,
    ) -> ModelTraining:
        """Call this when all pieces are stored. Returns the queued training, or an earlier one of the same
        table for the same name by the same plan.

        Raises `ChecksumMismatch`, `EmptyTable`, `TooManyTrainings`.
        """
        file.require_sound(empty=EmptyTable)
        training = ModelTraining(
            id=TrainingId(uuid7()),
            name=name,
            table_id=file.receipt.file_id,
            sha256=file.sha256,
            size=file.size,
            plan=plan,
            terms=terms,
            created_at=self.clock.now(),
        )
        return await retried(lambda: self._added(file.receipt, training, author))

    async def _added(
        self, receipt: ModelReceipt, training: ModelTraining, author: Author | None
    ) -> ModelTraining:
        known = await self.trainings.repeated(training.name, training.sha256, training.plan)
        if known is not None:
            receipt.kept = known.table_id == receipt.file_id
            return known
        after = {"name": training.name, "target": training.plan.target, "sha256": training.sha256}
        act = act_of(author, Action.TRAIN_MODEL, f"training:{training.id}", after=after)
        # Kept also if the answer to the commit is lost. A table that no training needs is purged later.
        receipt.kept = True
        try:
            await self.trainings.add(training, most=self.limits.max_trainings, act=act)
        except TooManyTrainings:
            receipt.kept = False
            raise
        return training
