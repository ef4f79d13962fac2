from dataclasses import dataclass, replace

from augury.application.models.acts import act_on
from augury.application.models.ports.models import Models
from augury.application.retrying import retried
from augury.domain.audit import Action, Author
from augury.domain.model import Model, ModelRef
from augury.domain.model_texts import ModelTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeModel:
    """Give a version of a model its description, and names for its features and labels."""

    models: Models

    async def __call__(self, *, ref: ModelRef, texts: ModelTexts, author: Author | None = None) -> Model:
        """Replaces all earlier texts. Raises `ModelNotFound`, `UnfitForModel`."""

        def described(model: Model) -> Model:
            return replace(model, facts=model.facts.described_by(texts))

        return await retried(
            lambda: self.models.change(ref, described, act=act_on(author, Action.DESCRIBE_MODEL))
        )
