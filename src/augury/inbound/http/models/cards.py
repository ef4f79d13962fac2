"""Cards of models: the training data and the scores of each."""

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath

from augury.application.models.ports.models import Models
from augury.cards.card import Card, decoded
from augury.domain.model import CardNotFound, ModelNotFound
from augury.inbound.http.description.operations import HtmlOperation
from augury.inbound.http.models.routes import TAGS
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.accept import prefers
from augury.inbound.http.protocol.language import language_of

JSON, HTML = "application/json", "text/html"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox"


@get(
    "/models/{model:str}/card",
    tags=TAGS,
    summary="Read a model's card",
    description="The card of a model (`name` or `name@version`): its training data and its scores. With "
    "`Accept: text/html`, the answer is a page for people, in English or Russian by `Accept-Language`.",
    operation_class=HtmlOperation,
    responses=documented(404, refusals=[ModelNotFound(model="tune"), CardNotFound(model="tone@1")]),
)
@inject
async def read_card(
    request: Request[None, None, State], model: FromPath[str], models: FromDishka[Models]
) -> Response[Card]:
    ref = (await models.get(model)).ref
    text = await models.card(ref)
    if text is None:
        raise CardNotFound(model=str(ref))
    card, headers = decoded(text), {"Vary": "Accept, Accept-Language"}
    if prefers(request.scope, HTML, JSON):
        from augury.cards.page import page  # loads Fluent, and attrs with it, which few processes need

        language = language_of(request.headers.get("accept-language", ""))
        headers |= {"Content-Security-Policy": _POLICY, "Content-Language": language}
        return Response(page(card, str(ref), language), media_type=HTML, headers=headers)  # type: ignore[arg-type]  # the same card as text
    return Response(card, headers=headers)


ROUTES = (read_card,)
