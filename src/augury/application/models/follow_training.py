"""Follow a training: its current state, then each change until it has ended."""

from collections.abc import Mapping, Sequence

from augury.application.models.ports.trainings import ModelTrainings
from augury.concurrency.streams import StateStream
from augury.concurrency.watches import Watches
from augury.domain.identifiers import TrainingId
from augury.domain.model_training import ModelTraining


class FollowTraining:
    """Send each change of a training. One query reads all followed trainings that are due."""

    def __init__(self, trainings: ModelTrainings) -> None:
        self._trainings = trainings
        self._watches: Watches[TrainingId, ModelTraining] = Watches(
            self._read, doing="reading trainings", is_last=lambda training: training.state.is_final
        )

    async def __call__(self, training_id: TrainingId) -> StateStream[ModelTraining]:
        """Raises `TrainingNotFound`. The caller must close the stream."""
        return await self._watches.stream(training_id, lambda: self._trainings.get(training_id))

    async def look(self) -> None:
        """Watch for changes until canceled."""
        await self._watches.look()

    def stop(self) -> None:
        """End all streams."""
        self._watches.stop()

    async def _read(self, ids: Sequence[TrainingId]) -> Mapping[TrainingId, ModelTraining]:
        return {each.id: each for each in await self._trainings.several(ids)}
