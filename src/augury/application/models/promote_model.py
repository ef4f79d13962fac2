from dataclasses import dataclass

from augury.application.models.acts import act_on
from augury.application.models.ports.models import Models
from augury.application.retrying import retried
from augury.domain.audit import Action, Author
from augury.domain.model import Model, ModelRef, ModelState, WrongModelState


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteModel:
    """Make a canary the active version. The version that was active stays ready, for a rollback."""

    models: Models

    async def __call__(self, ref: ModelRef, *, author: Author | None = None) -> Model:
        """Does nothing if it is already active. Raises `ModelNotFound`, or `WrongModelState` if it is not a
        canary."""

        def promoted(model: Model) -> Model:
            if model.state not in (ModelState.CANARY, ModelState.ACTIVE):
                raise WrongModelState(model=str(ref), state=model.state)
            return model.in_state(ModelState.ACTIVE)

        return await retried(
            lambda: self.models.change(ref, promoted, act=act_on(author, Action.PROMOTE_MODEL))
        )
