"""Trains models from tables that were sent, one after the other. It runs in every worker that may train."""

import asyncio
import logging
from datetime import timedelta

from augury.application.models.ports.trainings import ModelTrainer
from augury.application.models.purge_trainings import PurgeTrainings
from augury.application.models.train_model import TrainModel
from augury.domain.model_training import TrainingState
from augury.inbound.worker.repeating import repeated

log = logging.getLogger(__name__)


class TrainingKeeper:
    """Runs beside the checks of model files, because a training takes minutes."""

    def __init__(
        self,
        train_model: TrainModel,
        purge: PurgeTrainings,
        trainer: ModelTrainer,
        *,
        every: timedelta,
        purge_every: timedelta,
        trains: bool,
    ) -> None:
        self._train_model = train_model
        self._purge_trainings = purge
        self._trainer = trainer
        self._every = every.total_seconds()
        self._purge_every = purge_every.total_seconds()
        self._trains = trains

    async def run(self) -> None:
        """Train and purge repeatedly, until canceled."""
        await self._clear()
        purging = repeated(self._purge, self._purge_every, "the purge of trainings")
        if not self._trains:
            await purging
            return
        await asyncio.gather(purging, repeated(self.train_all, self._every, "the training of models"))

    async def train_all(self) -> None:
        """Train until nothing is left."""
        while training := await self._train_model():
            if training.state is TrainingState.READY:
                log.info("training %s made %s", training.id, training.ref)
            else:
                log.warning("training %s of %s: %s", training.id, training.name, training.reason)

    async def _clear(self) -> None:
        if left := await self._trainer.clear():
            log.info("deleted the files of %d trainings whose process was killed", left)

    async def _purge(self) -> None:
        if trainings := await self._purge_trainings():
            log.info("deleted %d trainings with their tables", trainings)
