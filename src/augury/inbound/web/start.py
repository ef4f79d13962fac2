"""The start page: the list of models."""

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get

from augury.application.models.ports.models import Models
from augury.application.people.tokens import new_secret
from augury.inbound.web.rendering import Answer, page, see_other
from augury.inbound.web.row_form import empty, example
from augury.inbound.web.texts import texts
from augury.inbound.web.told_price import ToldPrice
from augury.inbound.web.visitor import PageRequest

MOST_MODELS = 50
"""Models on the page."""


@get("/", include_in_schema=False)
@inject
async def start(request: PageRequest, models: FromDishka[Models]) -> Answer:
    offered = [each for each in await models.page(limit=MOST_MODELS) if each.is_active]
    words = texts(request.user.language)
    examples = {each.ref: empty(each, words, example(each, words)) for each in offered}
    told = {each.ref: ToldPrice.of(each) for each in offered}
    return page(request, "start.html", models=offered, examples=examples, told=told, key=new_secret())


@get("/app", include_in_schema=False)
async def below(request: PageRequest) -> Answer:
    return see_other(request, "/")


ROUTES = (start, below)
