"""The page of promo codes."""

from datetime import timedelta

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar.params import FromPath

from augury.application.money.change_promo_code import ChangePromoCode
from augury.application.money.create_promo_code import CreatePromoCode
from augury.application.money.ports import PromoCodes
from augury.inbound.web.operator.desk import author_of, desk_get, desk_page, desk_post, done, number_in
from augury.inbound.web.rendering import Answer
from augury.inbound.web.visitor import PageRequest

PAGE = 50
MOST_CODE = 64


@desk_get("/app/desk/promo-codes")
@inject
async def listed(request: PageRequest, promo_codes: FromDishka[PromoCodes]) -> Answer:
    after = request.query_params.get("after", "")[:MOST_CODE]
    found = await promo_codes.page(limit=PAGE + 1, after=after or None)
    more = found[PAGE - 1].code if len(found) > PAGE else None
    return desk_page(request, "promo-codes", "promo_codes.html", codes=found[:PAGE], more=more)


@desk_post("/app/desk/promo-codes")
@inject
async def make(request: PageRequest, create: FromDishka[CreatePromoCode]) -> Answer:
    form = await request.form()
    days = number_in(str(form.get("days", "")))
    await create(
        code=str(form.get("code", ""))[:MOST_CODE],
        credits=number_in(str(form.get("credits", ""))) or 0,
        limit=number_in(str(form.get("limit", ""))) or 0,
        expires_in=timedelta(days=min(days, 36_500)) if days and days > 0 else None,
        author=author_of(request),
    )
    return done(request, "promo-codes", "code-made")


@desk_post("/app/desk/promo-codes/{code:str}")
@inject
async def change(
    request: PageRequest, code: FromPath[str], change_code: FromDishka[ChangePromoCode]
) -> Answer:
    is_disabled = str((await request.form()).get("disabled", "")) == "yes"
    await change_code(code=code[:MOST_CODE], disabled=is_disabled, author=author_of(request))
    return done(request, "promo-codes", "code-changed")


ROUTES = (listed, make, change)
