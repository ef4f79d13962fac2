from dataclasses import dataclass

from augury.application.models.acts import act_on
from augury.application.models.ports.models import Models
from augury.application.retrying import retried
from augury.domain.audit import Action, Author
from augury.domain.model import Model, ModelRef
from augury.domain.model_texts import UnfitForModel
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCanary:
    """Let a version serve a share of the users, always the same ones. It serves their requests that name no
    version."""

    models: Models

    async def __call__(self, *, ref: ModelRef, share: float, author: Author | None = None) -> Model:
        """`share` is from 0.01 to 0.5. If the version is already a canary, its share changes.

        Raises `ModelNotFound`, `WrongModelState`, `InvalidShare`, and `UnfitForModel` if no version is active
        or users of the active version would get errors or different answers.
        """

        async def start() -> Model:
            versions = await self.models.versions(ref.name)
            active = next((each for each in versions if each.is_active), None)
            if versions and active is None:
                raise UnfitForModel(reason=Reason.of(ReasonCode.NONE_ACTIVE, name=ref.name))
            act = act_on(author, Action.START_CANARY)
            return await self.models.change(
                ref, lambda model: model.as_canary(share, active or model), act=act
            )

        return await retried(start)
