from collections.abc import Sequence
from dataclasses import dataclass

from augury.application.models.acts import act_on
from augury.application.models.ports.models import Models
from augury.application.retrying import retried
from augury.domain.audit import Action, Author
from augury.domain.model import Model, ModelRef
from augury.domain.model_texts import UnfitForModel
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.rollout import active_in, version_in


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

        def started(versions: Sequence[Model]) -> Model:
            model, active = version_in(versions, ref), active_in(versions)
            if active is None:
                raise UnfitForModel(reason=Reason.of(ReasonCode.NONE_ACTIVE, name=ref.name))
            return model.as_canary(share, active)

        return await retried(
            lambda: self.models.change_among(ref.name, started, act=act_on(author, Action.START_CANARY))
        )
