from collections.abc import Sequence
from dataclasses import dataclass

from augury.application.models.acts import act_on
from augury.application.models.ports.models import ActOnModel, Models
from augury.application.retrying import retried
from augury.domain.audit import Action, Author
from augury.domain.model import Model, ModelRef
from augury.domain.rollout import active_in, rolled_back


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBackModel:
    """End a canary, or reactivate the version that was active before this one."""

    models: Models

    async def __call__(self, ref: ModelRef, *, author: Author | None = None) -> Model:
        """Returns the version that now serves all users, or the ended canary if no version is active. Raises
        `ModelNotFound`, `WrongModelState` if this version is neither a canary nor active, and
        `NothingToRollBack` if there is no previous active version or it is retired."""
        return await retried(lambda: self._back(ref, act_on(author, Action.ROLL_BACK_MODEL)))

    async def _back(self, ref: ModelRef, act: ActOnModel | None) -> Model:
        active: Model | None = None

        def back(versions: Sequence[Model]) -> Model:
            nonlocal active
            active = active_in(versions)
            return rolled_back(versions, ref)

        changed = await self.models.change_among(ref.name, back, act=act)
        if changed.ref != ref:  # the predecessor, which is active again
            return changed
        return active or changed
