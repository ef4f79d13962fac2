"""Train a model from an uploaded table, and add it as a version or say why there is none."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar

from augury.application.limits import Limits
from augury.application.models.offering import Offering, Prices, Registered, completed
from augury.application.models.ports.models import Models, ModelStore, ModelUnavailable
from augury.application.models.ports.trainings import (
    ModelTrainer,
    ModelTrainings,
    TableRefused,
    TrainingCanceled,
    TrainingFailed,
    TrainingWatch,
)
from augury.application.models.ports.uploads import ModelFiles, ModelInspector
from augury.application.ports import Clock, Unavailable
from augury.domain.errors import DomainError
from augury.domain.model import ModelRefused
from augury.domain.model_facts import ModelFacts
from augury.domain.model_training import ModelTraining, TrainingProgress, TrainingState
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason

MOST_ATTEMPTS = 3
"""A training fails after this many workers have died during it."""
PAUSE = timedelta(seconds=10)
"""The pause before a training is repeated after a dependency was unavailable."""
KEEP_EVERY = 1.0
"""Seconds between two reports of the progress, in which a request to stop is also noticed."""
Result = TypeVar("Result")


class _Lost(Exception):
    """Another worker has taken the training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainModel:
    """Train a model from the table that has waited longest, and add it as a version."""

    models: Models
    files: ModelFiles
    trainings: ModelTrainings
    store: ModelStore
    trainer: ModelTrainer
    inspector: ModelInspector
    clock: Clock
    limits: Limits

    async def __call__(self) -> ModelTraining | None:
        """The training after its end, or None if there is nothing to train, or if another worker has taken
        it meanwhile.

        If this process ends meanwhile, another one begins again after the lease. If a dependency is
        unavailable, hands the training back and raises `Unavailable`.
        """
        training = await self.trainings.take(lease=self.limits.lease)
        if training is None:
            return None
        if training.attempts > MOST_ATTEMPTS:
            reason = Reason.of(ReasonCode.TRAINER_ENDED, count=MOST_ATTEMPTS)
            return await self._recorded(training.end(TrainingState.FAILED, reason))
        watch = TrainingWatch()
        try:
            done = await self._kept(training, watch, self._ended(training, watch))
        except _Lost:
            return None
        except (Unavailable, asyncio.CancelledError):
            await self.trainings.hand_back(training, pause=PAUSE)
            raise
        return await self._recorded(done)

    async def _recorded(self, done: ModelTraining) -> ModelTraining:
        """Record the end. Nobody needs the table any more."""
        if await self.trainings.record(done):
            with suppress(Unavailable):  # the purge deletes it later
                await self.files.delete(done.table_id)
        return done

    async def _ended(self, training: ModelTraining, watch: TrainingWatch) -> ModelTraining:
        """The training after its end."""
        try:
            made = await self._offered(training, *await self._trained(training, watch))
        except TableRefused as refusal:
            return training.end(TrainingState.REFUSED, refusal.reason)
        except TrainingCanceled:
            return training.end(TrainingState.CANCELED, Reason.of(ReasonCode.TRAINING_CANCELED))
        except (TrainingFailed, ModelRefused) as failure:
            return training.end(TrainingState.FAILED, failure.reason)
        except (ModelUnavailable, DomainError) as failure:
            return training.end(TrainingState.FAILED, Reason.written(str(failure)))
        differs = Reason.of(ReasonCode.NOT_ACTIVE, made.differences) if made.differences else None
        return training.end(TrainingState.READY, differs, version=made.model.ref.version)

    async def _trained(self, training: ModelTraining, watch: TrainingWatch) -> tuple[str, ModelFacts]:
        """The digest of the trained file, which every host can get, and its facts. A worker that died may
        have made the file."""
        if training.model_sha256 is not None:
            with suppress(ModelUnavailable):
                file = await self.store.path(training.model_sha256)
                return training.model_sha256, await self.inspector.inspect(file)
        table = self._table(training)
        async with self.trainer.train(table, training.name, training.plan, watch) as file:
            facts = await self.inspector.inspect(file)  # before it is stored
            sha256 = await self.store.share(file)
        if not await self.trainings.trained(training, sha256):
            raise _Lost
        return sha256, facts

    async def _table(self, training: ModelTraining) -> AsyncIterator[bytes]:
        for number in count():
            if not (piece := await self.files.piece(training.table_id, number)):
                return
            yield piece

    async def _offered(self, training: ModelTraining, sha256: str, found: ModelFacts) -> Registered:
        terms = training.terms
        return await Offering(models=self.models, clock=self.clock).offer(
            training.name,
            sha256,
            found,
            partial(completed, read_as=terms.read_as),
            Prices(terms.row_price, terms.text_price),
            activate=terms.activate,
        )

    async def _kept(
        self, training: ModelTraining, watch: TrainingWatch, work: Coroutine[Any, Any, Result]
    ) -> Result:
        """Run the work. Meanwhile renew the lease and report the progress. Raises `_Lost`."""
        working = asyncio.create_task(work)
        keeping = asyncio.create_task(self._keep(training, watch))
        try:
            await asyncio.wait((working, keeping), return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                keeping.result()
                raise _Lost
            return working.result()
        finally:
            working.cancel()
            keeping.cancel()
            await asyncio.gather(working, keeping, return_exceptions=True)

    async def _keep(self, training: ModelTraining, watch: TrainingWatch) -> None:
        """Report the progress until another worker has taken the training."""
        began = self.clock.now()
        every = min(KEEP_EVERY, self.limits.lease.total_seconds() / 3)
        while True:
            with suppress(Unavailable):  # continue until another worker has taken the training
                kept = await self.trainings.keep(
                    training, self._progress(training, watch, began), lease=self.limits.lease
                )
                if kept is None:
                    return
                if kept.is_stopping:
                    watch.stop.set()
            await asyncio.sleep(every)

    def _progress(self, training: ModelTraining, watch: TrainingWatch, began: datetime) -> TrainingProgress:
        """The time left is what the rest of the steps will take, at most what the plan allows."""
        if not watch.done:
            return TrainingProgress(found=tuple(watch.found))
        spent = (self.clock.now() - began).total_seconds()
        share = watch.done / watch.total
        left = min(spent * (1 - share) / share, max(training.plan.time_limit.total_seconds() - spent, 0))
        return TrainingProgress(int(100 * share), round(left), tuple(watch.found))
