from dataclasses import dataclass, replace

from augury.application.models.ports import Models
from augury.application.retrying import retried
from augury.domain.model import Model, ModelRef
from augury.domain.model_texts import ModelTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeModel:
    """Give a version of a model its description, and names for its features and labels."""

    models: Models

    async def __call__(self, *, ref: ModelRef, texts: ModelTexts) -> Model:
        """Replaces all earlier texts. Raises `ModelNotFound`, `UnfitForModel`."""

        def described(model: Model) -> Model:
            return replace(model, facts=model.facts.described_by(texts))

        return await retried(lambda: self.models.change(ref, described))
