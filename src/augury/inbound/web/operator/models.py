"""The pages of models: all versions, an upload form, and one version with its possible actions."""

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar.params import FromPath

from augury.application.models.change_model import ChangeModel
from augury.application.models.compare_versions import CompareVersions
from augury.application.models.ports import Models, ModelUploads
from augury.application.models.promote_model import PromoteModel
from augury.application.models.roll_back_model import RollBackModel
from augury.application.models.start_canary import StartCanary
from augury.domain.errors import DomainError
from augury.domain.model import ModelNotFound, ModelRef, ModelState
from augury.domain.model_upload import ModelUpload, UploadTerms
from augury.inbound.web.form_head import FormHead
from augury.inbound.web.operator.desk import author_of, desk_get, desk_page, desk_post, done, number_in
from augury.inbound.web.outside import Outside
from augury.inbound.web.problems import status_of
from augury.inbound.web.rendering import Answer, see_other
from augury.inbound.web.texts import texts
from augury.inbound.web.visitor import CSRF, STREAMED, PageRequest, require_own_form

MINUTES = 60
"""The period for which versions are compared."""


@desk_get("/app/desk/models")
@inject
async def listed(
    request: PageRequest, models: FromDishka[Models], uploads: FromDishka[ModelUploads]
) -> Answer:
    return await _list(request, models, uploads)


@desk_post("/app/desk/models", opt={STREAMED: True}, request_max_body_size=None)
@inject
async def send(request: PageRequest, models: FromDishka[Models], uploads: FromDishka[ModelUploads]) -> Answer:
    """Read the file while it arrives. The fields come before it in the form."""
    outside: Outside = request.app.state.outside
    outside.streams(request.scope)
    head = FormHead(request.scope, request.stream())
    fields = await head.fields()
    require_own_form(request.user, fields.get(CSRF, ""))
    terms = UploadTerms(
        row_price=number_in(fields.get("row_price", "")), activate=fields.get("activate") == "yes"
    )
    try:
        made = await outside.models().receive(
            request.scope,
            head.whole(),
            fields.get("name", "").strip(),
            stated=None,
            terms=terms,
            author=author_of(request),
        )
    except DomainError as error:
        sentence = texts(request.user.language).refusal(error)
        return await _list(request, models, uploads, sentence=sentence, status=status_of(error))
    return see_other(request, f"/app/desk/models/{made.ref}?done=sent")


@desk_get(["/app/desk/models/{ref:str}", "/app/desk/models/{ref:str}/state"])
@inject
async def one(
    request: PageRequest,
    ref: FromPath[str],
    models: FromDishka[Models],
    uploads: FromDishka[ModelUploads],
    compare: FromDishka[CompareVersions],
) -> Answer:
    version = ModelRef.parse(ref)
    upload = await uploads.get(version)
    try:
        model = await models.version(version)
    except ModelNotFound:
        if upload is None:
            raise
        model = None
    is_part = request.scope["path"].endswith("/state")
    is_checked = model is not None or (upload is not None and upload.state is ModelState.REFUSED)
    answer = desk_page(
        request,
        "models",
        "part/upload_state.html" if is_part else "model.html",
        ref=version,
        model=model,
        upload=upload,
        is_checked=is_checked,
        card=model and await models.card(version),
        compared=[] if is_part else await _compared(compare, version),
        minutes=MINUTES,
    )
    if is_part and is_checked:  # a checked version has more than this part of the page: its possible actions
        answer.headers["HX-Refresh"] = "true"
    return answer


@desk_post("/app/desk/models/{ref:str}/price")
@inject
async def price(request: PageRequest, ref: FromPath[str], change: FromDishka[ChangeModel]) -> Answer:
    form = await request.form()
    row, text, explain = (
        number_in(str(form.get(name, ""))) for name in ("row_price", "text_price", "explain_price")
    )
    version, author = ModelRef.parse(ref), author_of(request)
    await change(ref=version, row_price=row, text_price=text, explain_price=explain, author=author)
    return done(request, f"models/{version}", "priced")


@desk_post("/app/desk/models/{ref:str}/activate")
@inject
async def activate(request: PageRequest, ref: FromPath[str], change: FromDishka[ChangeModel]) -> Answer:
    version = ModelRef.parse(ref)
    await change(ref=version, state=ModelState.ACTIVE, author=author_of(request))
    return done(request, f"models/{version}", "activated")


@desk_post("/app/desk/models/{ref:str}/retire")
@inject
async def retire(request: PageRequest, ref: FromPath[str], change: FromDishka[ChangeModel]) -> Answer:
    version = ModelRef.parse(ref)
    await change(ref=version, state=ModelState.RETIRED, author=author_of(request))
    return done(request, f"models/{version}", "retired")


@desk_post("/app/desk/models/{ref:str}/canary")
@inject
async def canary(request: PageRequest, ref: FromPath[str], start: FromDishka[StartCanary]) -> Answer:
    version, percent = ModelRef.parse(ref), number_in(str((await request.form()).get("percent", "")))
    await start(ref=version, share=(percent or 0) / 100, author=author_of(request))
    return done(request, f"models/{version}", "canary")


@desk_post("/app/desk/models/{ref:str}/promote")
@inject
async def promote(
    request: PageRequest, ref: FromPath[str], promote_model: FromDishka[PromoteModel]
) -> Answer:
    version = ModelRef.parse(ref)
    await promote_model(version, author=author_of(request))
    return done(request, f"models/{version}", "promoted")


@desk_post("/app/desk/models/{ref:str}/roll-back")
@inject
async def roll_back(
    request: PageRequest, ref: FromPath[str], roll_back_model: FromDishka[RollBackModel]
) -> Answer:
    version = ModelRef.parse(ref)
    await roll_back_model(version, author=author_of(request))
    return done(request, f"models/{version}", "rolled-back")


async def _list(
    request: PageRequest, models: Models, uploads: ModelUploads, *, sentence: str = "", status: int = 200
) -> Answer:
    offered = {each.ref: each for each in await models.all()}
    sent: dict[ModelRef, ModelUpload] = {each.ref: each for each in await uploads.all()}
    refs = sorted({*offered, *sent}, key=lambda ref: (ref.name, -ref.version))
    found = [(ref, offered.get(ref), sent.get(ref)) for ref in refs]
    return desk_page(request, "models", "models.html", status=status, versions=found, sentence=sentence)


async def _compared(compare: CompareVersions, version: ModelRef) -> list[object]:
    """The version beside the active one."""
    try:
        found = await compare(version.name, minutes=MINUTES)
    except ModelNotFound:
        return []
    return [each for each in found if each.model.is_active or each.model.ref == version]


ROUTES = (listed, send, one, price, activate, retire, canary, promote, roll_back)
