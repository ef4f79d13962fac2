"""Sending a file of rows."""

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post

from augury.application.batches.accept_batch import ReplayedBatch
from augury.application.models.ports.models import Models
from augury.application.money.ports import Balances
from augury.application.people.tokens import new_secret
from augury.domain.errors import DomainError
from augury.domain.idempotency import IdempotencyConflict
from augury.inbound.tables.unreadable import Unreadable
from augury.inbound.tables.uploads.unreadable import UnreadableUpload
from augury.inbound.web.form_head import FormHead
from augury.inbound.web.given import typed_number
from augury.inbound.web.outside import Outside
from augury.inbound.web.problems import status_of
from augury.inbound.web.rendering import Answer, page, see_other
from augury.inbound.web.texts import texts
from augury.inbound.web.visitor import CSRF, STREAMED, PageRequest, form_key, require_own_form, signed_in

MOST_MODELS = 200


@get("/app/files/new", guards=[signed_in], include_in_schema=False)
@inject
async def form(request: PageRequest, models: FromDishka[Models], balances: FromDishka[Balances]) -> Answer:
    return await _form(request, models, balances, model=request.query_params.get("model", ""))


@post(
    "/app/files",
    guards=[signed_in],
    include_in_schema=False,
    opt={STREAMED: True},
    request_max_body_size=None,
)
@inject
async def send(request: PageRequest, models: FromDishka[Models], balances: FromDishka[Balances]) -> Answer:
    """Read the file while it arrives. The fields come before it in the form."""
    outside: Outside = request.app.state.outside
    user_id = request.user.member.id
    outside.streams(request.scope)
    head = FormHead(request.scope, request.stream())
    fields = await head.fields()
    require_own_form(request.user, fields.get(CSRF, ""))
    model, typed, key = (fields.get(name, "") for name in ("model", "max_price", "key"))
    most = typed_number(typed)
    try:
        received = await outside.intake().receive(
            {**request.scope, "user": user_id},
            head.whole(),
            model=model or None,
            max_price=most,
            top=None,
            name=f"web-file:{form_key(key)}" if key else None,
        )
    except DomainError as error:
        words = texts(request.user.language)
        sentence = (
            words("file-sent-before") if isinstance(error, IdempotencyConflict) else words.refusal(error)
        )
        status = status_of(error)
        return await _form(request, models, balances, model, most=typed, sentence=sentence, status=status)
    except Exception as error:
        unreadable = error.__cause__
        if not isinstance(unreadable, Unreadable | UnreadableUpload):
            raise
        sentence = texts(request.user.language).unreadable(unreadable)
        return await _form(request, models, balances, model, most=typed, sentence=sentence, status=422)
    batch_id = received.batch_id if isinstance(received, ReplayedBatch) else received.id
    return see_other(request, f"/app/files/{batch_id}")


async def _form(
    request: PageRequest,
    models: Models,
    balances: Balances,
    model: str,
    *,
    most: str = "",
    sentence: str = "",
    status: int = 200,
) -> Answer:
    offered = [each for each in await models.page(limit=MOST_MODELS) if each.is_active]
    return page(
        request,
        "file_new.html",
        status=status,
        models=offered,
        model=model,
        most=most,
        key=new_secret(),
        spendable=(await balances.of(request.user.member.id)).spendable,
        sentence=sentence,
    )


ROUTES = (form, send)
