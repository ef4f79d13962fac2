"""The administrator's routes for models: every version, its price and its state."""

from typing import Annotated, Literal, Self

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, patch
from litestar.params import FromPath, JSONBody

from augury.application.limits import Limits
from augury.application.models.change_model import ChangeModel
from augury.application.models.ports.models import Models
from augury.application.models.ports.uploads import ModelUploads
from augury.application.models.start_canary import StartCanary
from augury.domain.model import (
    LEAST_SHARE,
    MOST_ROW_PRICE,
    MOST_SHARE,
    MOST_TEXT_PRICE,
    Model,
    ModelNotFound,
    ModelRef,
    ModelState,
    VersionMissing,
    WrongModelState,
)
from augury.domain.model_upload import CheckStage, ModelUpload
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.models.routes import VersionView
from augury.inbound.http.problems.described import documented
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import WRONG_SHAPE
from augury.inbound.http.protocol.body import JsonBody

SHARE = Annotated[
    float,
    msgspec.Meta(
        ge=LEAST_SHARE,
        le=MOST_SHARE,
        examples=[0.1],
        description="The share of all users that the canary serves.",
    ),
]


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
    explain_price: (
        msgspec.UnsetType
        | Annotated[
            int,
            msgspec.Meta(
                ge=0,
                le=MOST_ROW_PRICE,
                examples=[3],
                description="Credits for the explanation of a row, on top of its price. null: an "
                "explanation costs as much as the row, as before a price was set. Not given: unchanged.",
            ),
        ]
        | None
    ) = msgspec.UNSET
    state: (
        Annotated[
            Literal["canary", "active", "retired"],
            msgspec.Meta(
                description="`canary`: also serves a `share` of the users whose requests name no version. "
                "`active`: serves requests that do not name a version, and replaces the active version. "
                "`retired`: accepts no more predictions."
            ),
        ]
        | None
    ) = None
    share: SHARE | None = None


class CheckView(msgspec.Struct, frozen=True):
    """The check of a file that was sent: its size in bytes, its stage, and the number of workers that began
    it."""

    size: int
    stage: CheckStage
    attempts: int


def _worded(upload: ModelUpload) -> str | None:
    return str(upload.reason) if upload.reason else None


class OfferView(msgspec.Struct, frozen=True):
    """One version as the administrator sees it.

    `checking`: its file was sent, but no worker has opened it yet. `refused`: the file cannot be served, for
    the `reason`. `ready`: serves requests with its number. `canary`: also serves a `share` of the users whose
    requests have no number. `active`: also serves requests without a number. `retired`: serves no new
    requests. Versions that are `checking` or `refused` have a `check`, all others have `facts`. `reason` can
    also say why a version that was sent is ready and not active.
    """

    model: str
    state: ModelState
    sha256: str
    facts: VersionView | None = None
    check: CheckView | None = None
    reason: str | None = None
    share: float | None = None

    @classmethod
    def of(cls, model: Model, limits: Limits, upload: ModelUpload | None = None) -> Self:
        facts = VersionView.of(model, max_text=limits.max_text)
        reason = _worded(upload) if upload and model.state is ModelState.READY else None
        return cls(str(model.ref), model.state, model.sha256, facts, reason=reason, share=model.share)

    @classmethod
    def of_upload(cls, upload: ModelUpload) -> Self:
        check = CheckView(upload.size, upload.stage, upload.attempts)
        return cls(str(upload.ref), upload.state, upload.sha256, check=check, reason=_worded(upload))


class OfferList(msgspec.Struct, frozen=True):
    items: list[OfferView]


@get(
    "/admin/models",
    summary="List all versions of all models",
    description="All versions, also those that are being checked, were refused or are retired, ordered by "
    "name and version.",
    responses=documented(401, 403),
)
@inject
async def list_offers(
    models: FromDishka[Models], uploads: FromDishka[ModelUploads], limits: FromDishka[Limits]
) -> OfferList:
    sent = {each.ref: OfferView.of_upload(each) for each in await uploads.all()}
    offered = {model.ref: OfferView.of(model, limits) for model in await models.all()}
    views = sent | offered
    return OfferList([views[ref] for ref in sorted(views, key=lambda ref: (ref.name, ref.version))])


@get(
    "/admin/models/{ref:str}",
    summary="Read one version of a model",
    description="One version by `name@version`, in any state. Read it again to see how the check proceeds.",
    responses=documented(
        401, 403, 404, 422, refusals=[ModelNotFound(model="tone@9"), VersionMissing(model="tone")]
    ),
)
@inject
async def read_offer(
    ref: FromPath[str],
    models: FromDishka[Models],
    uploads: FromDishka[ModelUploads],
    limits: FromDishka[Limits],
) -> OfferView:
    version = ModelRef.parse(ref)
    upload = await uploads.get(version)
    try:
        return OfferView.of(await models.version(version), limits, upload)
    except ModelNotFound:
        if upload is None or upload.state is ModelState.READY:
            raise
        return OfferView.of_upload(upload)


@patch(
    "/admin/models/{ref:str}",
    dto=JsonBody[ModelChange],
    return_dto=None,
    summary="Price, activate or retire a version of a model",
    description=ChangeModel.__doc__,
    responses=documented(
        *(401, 403, 404, 409, 413, 415, 422),
        refusals=[
            ModelNotFound(model="tone@9"),
            VersionMissing(model="tone"),
            WrongModelState(model="tone@1", state=ModelState.ACTIVE),
        ],
    ),
)
@inject
async def change_offer(
    request: SignedIn,
    ref: FromPath[str],
    data: JSONBody[ModelChange],
    change_model: FromDishka[ChangeModel],
    start_canary_of: FromDishka[StartCanary],
    limits: FromDishka[Limits],
) -> OfferView:
    is_canary = data.state == "canary"
    if is_canary is (data.share is None):  # one without the other
        raise Refused(WRONG_SHAPE, "`share` goes with the state `canary`: give both, or neither.")
    version, author = ModelRef.parse(ref), author_of(request)
    if data.share is not None:
        changed = await start_canary_of(ref=version, share=data.share, author=author)
        if (data.row_price, data.text_price, data.explain_price) == (None, None, msgspec.UNSET):
            return OfferView.of(changed, limits)
    changed = await change_model(
        ref=version,
        row_price=data.row_price,
        text_price=data.text_price,
        explain_price=None if data.explain_price is msgspec.UNSET else data.explain_price,
        explains_at_row_price=data.explain_price is None,
        state=None if data.state is None or is_canary else ModelState(data.state),
        author=author,
    )
    return OfferView.of(changed, limits)


ROUTES = (list_offers, read_offer, change_offer)
