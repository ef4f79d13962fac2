"""The administrator's routes that roll out a version: canary, promotion, rollback."""

from typing import Annotated

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import post
from litestar.params import FromPath, JSONBody

from augury.application.limits import Limits
from augury.application.models.promote_model import PromoteModel
from augury.application.models.roll_back_model import RollBackModel
from augury.application.models.start_canary import StartCanary
from augury.domain.model import (
    LEAST_SHARE,
    MOST_SHARE,
    ModelNotFound,
    ModelRef,
    ModelState,
    NothingToRollBack,
    VersionMissing,
    WrongModelState,
)
from augury.domain.model_texts import UnfitForModel
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.models.admin_models import OfferView
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.body import JsonBody


class CanaryRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The share of all users that the canary serves."""

    share: Annotated[float, msgspec.Meta(ge=LEAST_SHARE, le=MOST_SHARE, examples=[0.1])]


@post(
    "/admin/models/{ref:str}/canary",
    status_code=200,
    dto=JsonBody[CanaryRequest],
    return_dto=None,
    summary="Start a canary",
    description=f"{StartCanary.__doc__} It replaces another canary of the name.",
    responses=documented(
        *(401, 403, 404, 409, 413, 415, 422),
        refusals=[
            ModelNotFound(model="tone@9"),
            VersionMissing(model="tone"),
            WrongModelState(model="tone@1", state=ModelState.ACTIVE),
            UnfitForModel(
                reason=Reason.of(
                    ReasonCode.NOT_A_CANARY, [Reason.of(ReasonCode.NEEDS, names="age")], model="tone@1"
                )
            ),
        ],
    ),
)
@inject
async def start_canary(
    request: SignedIn,
    ref: FromPath[str],
    data: JSONBody[CanaryRequest],
    start: FromDishka[StartCanary],
    limits: FromDishka[Limits],
) -> OfferView:
    return OfferView.of(
        await start(ref=ModelRef.parse(ref), share=data.share, author=author_of(request)), limits
    )


@post(
    "/admin/models/{ref:str}/promote",
    status_code=200,
    summary="Promote a canary",
    description=PromoteModel.__doc__,
    responses=documented(
        *(401, 403, 404, 409, 422),
        refusals=[
            ModelNotFound(model="tone@9"),
            VersionMissing(model="tone"),
            WrongModelState(model="tone@2", state=ModelState.READY),
        ],
    ),
)
@inject
async def promote(
    request: SignedIn,
    ref: FromPath[str],
    promote_model: FromDishka[PromoteModel],
    limits: FromDishka[Limits],
) -> OfferView:
    return OfferView.of(await promote_model(ModelRef.parse(ref), author=author_of(request)), limits)


@post(
    "/admin/models/{ref:str}/rollback",
    status_code=200,
    summary="Roll back a version",
    description=f"{RollBackModel.__doc__} Returns the version that serves all users now, or the ended canary "
    "if no version is active.",
    responses=documented(
        *(401, 403, 404, 409, 422),
        refusals=[
            ModelNotFound(model="tone@9"),
            VersionMissing(model="tone"),
            WrongModelState(model="tone@2", state=ModelState.READY),
            NothingToRollBack(model="tone@1"),
        ],
    ),
)
@inject
async def roll_back(
    request: SignedIn,
    ref: FromPath[str],
    roll_back_model: FromDishka[RollBackModel],
    limits: FromDishka[Limits],
) -> OfferView:
    return OfferView.of(await roll_back_model(ModelRef.parse(ref), author=author_of(request)), limits)


ROUTES = (start_canary, promote, roll_back)
