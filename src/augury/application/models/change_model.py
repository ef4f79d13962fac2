from dataclasses import dataclass, replace

from augury.application.models.acts import act_on
from augury.application.models.ports.models import Models
from augury.application.retrying import retried
from augury.domain.audit import Action, Author
from augury.domain.model import Model, ModelRef, ModelState


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeModel:
    """Price, activate or retire one version of a model. Accepted predictions still run, at their old
    price."""

    models: Models

    async def __call__(
        self,
        *,
        ref: ModelRef,
        row_price: int | None = None,
        text_price: int | None = None,
        explain_price: int | None = None,
        explains_at_row_price: bool = False,
        state: ModelState | None = None,
        author: Author | None = None,
    ) -> Model:
        """Values that are not given stay unchanged. With `explains_at_row_price`, explanations have no price
        of their own any more, and cost as much as the row. Raises `ModelNotFound`, `InvalidAmount`."""

        def changed(model: Model) -> Model:
            own_price = None if explains_at_row_price else model.explain_price
            priced = replace(
                model,
                row_price=model.row_price if row_price is None else row_price,
                text_price=model.text_price if text_price is None else text_price,
                explain_price=own_price if explain_price is None else explain_price,
            )
            return priced.in_state(state) if state else priced

        return await retried(
            lambda: self.models.change(ref, changed, act=act_on(author, Action.CHANGE_MODEL))
        )
