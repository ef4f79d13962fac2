"""The page of promo codes."""

from datetime import timedelta

from dishka import FromDishka
from litestar.params import FromPath

from augury.application.money.change_promo_code import ChangePromoCode
from augury.application.money.create_promo_code import MOST_EXPIRES_IN, CreatePromoCode
from augury.application.money.ports import PromoCodes
from augury.domain.transfer import InvalidAmount
from augury.inbound.web.given import is_yes, text_of, typed_number
from augury.inbound.web.operator.desk import author_of, desk_get, desk_page, desk_post, done
from augury.inbound.web.rendering import Answer
from augury.inbound.web.visitor import PageRequest

PAGE = 50
MOST_CODE = 64


@desk_get("/app/desk/promo-codes")
async def listed(request: PageRequest, promo_codes: FromDishka[PromoCodes]) -> Answer:
    after = text_of(request.query_params.get("after"), MOST_CODE)
    found = await promo_codes.page(limit=PAGE + 1, after=after or None)
    more = found[PAGE - 1].code if len(found) > PAGE else None
    return desk_page(request, "promo-codes", "promo_codes.html", codes=found[:PAGE], more=more)


@desk_post("/app/desk/promo-codes")
async def make(request: PageRequest, create: FromDishka[CreatePromoCode]) -> Answer:
    form = await request.form()
    days = typed_number(form.get("days"))
    await create(
        code=text_of(form.get("code"), MOST_CODE),
        credits=typed_number(form.get("credits")) or 0,
        limit=typed_number(form.get("limit")) or 0,
        expires_in=None if days is None else _lifetime(days),
        author=author_of(request),
    )
    return done(request, "promo-codes", "code-made")


@desk_post("/app/desk/promo-codes/{code:str}")
async def change(
    request: PageRequest, code: FromPath[str], change_code: FromDishka[ChangePromoCode]
) -> Answer:
    is_disabled = is_yes((await request.form()).get("disabled"))
    await change_code(code=code, disabled=is_disabled, author=author_of(request))
    return done(request, "promo-codes", "code-changed")


def _lifetime(days: int) -> timedelta:
    """Raises `InvalidAmount`."""
    if not 0 < days <= MOST_EXPIRES_IN.days:
        raise InvalidAmount(amount=days, most=MOST_EXPIRES_IN.days)
    return timedelta(days=days)


ROUTES = (listed, make, change)
