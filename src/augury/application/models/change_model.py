from dataclasses import dataclass, replace

from augury.application.models.ports import Models
from augury.application.retrying import retried
from augury.domain.model import Model, ModelRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeModel:
    """Price, activate or retire one version of a model; what was accepted before keeps its price and runs."""

    models: Models

    async def __call__(
        self, *, ref: ModelRef, row_price: int | None = None, activate: bool = False, retire: bool = False
    ) -> Model:
        """What is not asked for stays as it is. Raises `ModelNotFound`, `InvalidAmount`."""

        def changed(model: Model) -> Model:
            return replace(
                model,
                row_price=model.row_price if row_price is None else row_price,
                active=(model.active or activate) and not retire,
                retired=(model.retired or retire) and not activate,
            )

        return await retried(lambda: self.models.change(ref, changed))
