from dataclasses import dataclass, replace

from augury.application.models.acts import act_on
from augury.application.models.ports.models import Models
from augury.application.retrying import retried
from augury.domain.audit import Action, Author
from augury.domain.model import Model, ModelRef


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConfidence:
    """Set the probability below which a label is shown to people as unsure."""

    models: Models

    async def __call__(self, *, ref: ModelRef, unsure_below: float, author: Author | None = None) -> Model:
        """0 means never. Raises `ModelNotFound`, `UnfitForModel`."""

        def changed(model: Model) -> Model:
            return replace(model, facts=model.facts.unsure(unsure_below))

        return await retried(
            lambda: self.models.change(ref, changed, act=act_on(author, Action.SET_CONFIDENCE))
        )
