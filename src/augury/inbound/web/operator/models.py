"""The pages of models: all versions, an upload form, and one version with its possible actions."""

from dishka import FromDishka
from litestar import Response
from litestar.params import FromPath

from augury.application.models.chart_versions import ChartPeriod, ChartVersions
from augury.application.models.ports.models import Models
from augury.application.models.ports.uploads import ModelUploads
from augury.cards.card import decoded
from augury.cards.page import page as card_page
from augury.domain.errors import DomainError
from augury.domain.model import CardNotFound, ModelNotFound, ModelRef, ModelState
from augury.domain.model_upload import ModelUpload, UploadTerms
from augury.inbound.web.form_head import FormHead
from augury.inbound.web.given import is_ticked, typed_number
from augury.inbound.web.operator import model_figures
from augury.inbound.web.operator.desk import author_of, desk_get, desk_page, desk_post
from augury.inbound.web.outside import Outside
from augury.inbound.web.problems import status_of
from augury.inbound.web.rendering import DRAWN, Answer, see_other
from augury.inbound.web.texts import texts
from augury.inbound.web.visitor import CSRF, STREAMED, PageRequest, require_own_form


@desk_get("/app/desk/models")
async def listed(
    request: PageRequest, models: FromDishka[Models], uploads: FromDishka[ModelUploads]
) -> Answer:
    return await _list(request, models, uploads)


@desk_post("/app/desk/models", opt={STREAMED: True}, request_max_body_size=None)
async def send(request: PageRequest, models: FromDishka[Models], uploads: FromDishka[ModelUploads]) -> Answer:
    """Read the file while it arrives. The fields come before it in the form."""
    outside: Outside = request.app.state.outside
    outside.streams(request.scope)
    head = FormHead(request.scope, request.stream())
    fields = await head.fields()
    require_own_form(request.user, fields.get(CSRF, ""))
    terms = UploadTerms(
        row_price=typed_number(fields.get("row_price")), activate=is_ticked(fields.get("activate"))
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


@desk_get("/app/desk/models/{ref:str}", "/app/desk/models/{ref:str}/state")
async def one(
    request: PageRequest,
    ref: FromPath[str],
    models: FromDishka[Models],
    uploads: FromDishka[ModelUploads],
    chart_versions: FromDishka[ChartVersions],
) -> Answer:
    version = ModelRef.parse(ref)
    upload = await uploads.get(version)
    try:
        model = await models.version(version)
    except ModelNotFound:
        if upload is None or upload.state is ModelState.READY:
            raise
        model = None
    is_part = request.scope["path"].endswith("/state")
    is_checked = model is not None or (upload is not None and upload.state is ModelState.REFUSED)
    is_charted = model is not None and not is_part
    answer = desk_page(
        request,
        "models",
        "part/upload_state.html" if is_part else "model.html",
        ref=version,
        model=model,
        upload=upload,
        is_checked=is_checked,
        card=model and await models.card(version),
        beside=await model_figures.read(request, chart_versions, version) if is_charted else None,
        periods=list(ChartPeriod),
    )
    if is_part and is_checked:  # a checked version has more than this part of the page: its possible actions
        answer.headers["HX-Refresh"] = "true"
    return answer


@desk_get("/app/desk/models/{ref:str}/card")
async def card(request: PageRequest, ref: FromPath[str], models: FromDishka[Models]) -> Response[str]:
    """The card as a page, also of a version that serves nobody."""
    version = ModelRef.parse(ref)
    text = await models.card(version)
    if text is None:
        raise CardNotFound(model=str(version))
    headers = {"Content-Security-Policy": DRAWN, "Vary": "Cookie, Accept-Language"}
    shown = card_page(decoded(text), str(version), request.user.language)
    return Response(shown, media_type="text/html", headers=headers)


async def _list(
    request: PageRequest, models: Models, uploads: ModelUploads, *, sentence: str = "", status: int = 200
) -> Answer:
    offered = {each.ref: each for each in await models.all()}
    sent: dict[ModelRef, ModelUpload] = {each.ref: each for each in await uploads.all()}
    refs = sorted({*offered, *sent}, key=lambda ref: (ref.name, -ref.version))
    found = [(ref, offered.get(ref), sent.get(ref)) for ref in refs]
    return desk_page(request, "models", "models.html", status=status, versions=found, sentence=sentence)


ROUTES = (listed, send, one, card)
