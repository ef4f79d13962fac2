from dataclasses import dataclass

from augury.application.models.acts import act_on
from augury.application.models.ports.models import ActOnModel, Models
from augury.application.retrying import retried
from augury.domain.audit import Action, Author
from augury.domain.model import Model, ModelRef, ModelState, NothingToRollBack, WrongModelState


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBackModel:
    """End a canary, or reactivate the version that was active before this one."""

    models: Models

    async def __call__(self, ref: ModelRef, *, author: Author | None = None) -> Model:
        """Returns the version that now serves all users. Raises `ModelNotFound`, `WrongModelState` if this
        version is neither a canary nor active, and `NothingToRollBack` if there is no previous active version
        or it is retired."""
        return await retried(lambda: self._back(ref, act_on(author, Action.ROLL_BACK_MODEL)))

    async def _back(self, ref: ModelRef, act: ActOnModel | None) -> Model:
        model = await self.models.version(ref)
        if model.state is ModelState.CANARY:
            await self.models.change(ref, lambda found: _ended(found), act=act)
            return await self.models.get(ref.name)
        if not model.is_active:
            raise WrongModelState(model=str(ref), state=model.state)
        if model.replaced is None:
            raise NothingToRollBack(model=str(ref))

        def again(before: Model) -> Model:
            if not before.serves:
                raise NothingToRollBack(model=str(ref))
            return before.in_state(ModelState.ACTIVE)

        return await self.models.change(ModelRef(ref.name, model.replaced), again, act=act)


def _ended(canary: Model) -> Model:
    """Raises `WrongModelState` if it was promoted meanwhile."""
    if canary.state is not ModelState.CANARY:
        raise WrongModelState(model=str(canary.ref), state=canary.state)
    return canary.in_state(ModelState.READY)
