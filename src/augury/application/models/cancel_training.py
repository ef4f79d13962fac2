from contextlib import suppress
from dataclasses import dataclass

from augury.application.models.ports.trainings import ModelTrainings
from augury.application.models.ports.uploads import ModelFiles
from augury.application.ports import Unavailable
from augury.domain.audit import Action, Author, act_of
from augury.domain.identifiers import TrainingId
from augury.domain.model_training import ModelTraining


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTraining:
    """End a training. If it has begun, the best model so far becomes a version."""

    trainings: ModelTrainings
    files: ModelFiles

    async def __call__(self, training_id: TrainingId, *, author: Author | None = None) -> ModelTraining:
        """Raises `TrainingNotFound`, `TrainingEnded`. Repeating it changes nothing while it ends."""
        act = act_of(author, Action.CANCEL_TRAINING, f"training:{training_id}")
        training = await self.trainings.cancel(training_id, act=act)
        if training.state.is_final:
            with suppress(Unavailable):  # the purge deletes it later
                await self.files.delete(training.table_id)
        return training
