"""The administrator's routes for models: every version, its price and its state."""

from typing import Annotated, Literal, Self

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, patch
from litestar.params import FromPath, JSONBody

from augury.application.limits import Limits
from augury.application.models.change_model import ChangeModel
from augury.application.models.ports import Models
from augury.domain.model import MOST_ROW_PRICE, MOST_TEXT_PRICE, Model, ModelNotFound, ModelRef, ModelState
from augury.inbound.http.body import JsonBody
from augury.inbound.http.models import VersionView
from augury.inbound.http.problems import documented


class ModelChange(msgspec.Struct, forbid_unknown_fields=True):
    """The changes to a version. Accepted predictions still run at their old price."""

    row_price: Annotated[int, msgspec.Meta(ge=0, le=MOST_ROW_PRICE, examples=[2])] | None = None
    text_price: (
        Annotated[
            int,
            msgspec.Meta(
                ge=0,
                le=MOST_TEXT_PRICE,
                examples=[1],
                description="Credits per kilobyte of text, on top of the price per row. 0: text is free.",
            ),
        ]
        | None
    ) = None
    state: (
        Annotated[
            Literal["active", "retired"],
            msgspec.Meta(
                description="`active`: serves requests that do not name a version, and replaces the active "
                "version. `retired`: accepts no more predictions."
            ),
        ]
        | None
    ) = None


class OfferView(msgspec.Struct, frozen=True):
    """One version as the administrator sees it: `active`, `ready` (serves requests with its number) or
    `retired`."""

    model: str
    state: ModelState
    sha256: str
    facts: VersionView

    @classmethod
    def of(cls, model: Model, limits: Limits) -> Self:
        facts = VersionView.of(model, max_text=limits.max_text)
        return cls(str(model.ref), model.state, model.sha256, facts)


class OfferList(msgspec.Struct, frozen=True):
    items: list[OfferView]


@get(
    "/admin/models",
    summary="List all versions of all models",
    description="All versions, including retired ones, ordered by name and version.",
    responses=documented(401, 403),
)
@inject
async def list_offers(models: FromDishka[Models], limits: FromDishka[Limits]) -> OfferList:
    return OfferList([OfferView.of(model, limits) for model in await models.all()])


@get(
    "/admin/models/{ref:str}",
    summary="Read one version of a model",
    description="One version by `name@version`, even if it is retired.",
    responses=documented(401, 403, 404, refusals=[ModelNotFound(model="tone@9")]),
)
@inject
async def read_offer(ref: FromPath[str], models: FromDishka[Models], limits: FromDishka[Limits]) -> OfferView:
    return OfferView.of(await models.version(ModelRef.parse(ref)), limits)


@patch(
    "/admin/models/{ref:str}",
    dto=JsonBody[ModelChange],
    return_dto=None,
    summary="Price, activate or retire a version of a model",
    description=ChangeModel.__doc__,
    responses=documented(401, 403, 404, 413, 415, 422, refusals=[ModelNotFound(model="tone@9")]),
)
@inject
async def change_offer(
    ref: FromPath[str],
    data: JSONBody[ModelChange],
    change_model: FromDishka[ChangeModel],
    limits: FromDishka[Limits],
) -> OfferView:
    changed = await change_model(
        ref=ModelRef.parse(ref),
        row_price=data.row_price,
        text_price=data.text_price,
        state=data.state and ModelState(data.state),
    )
    return OfferView.of(changed, limits)


ROUTES = (list_offers, read_offer, change_offer)
