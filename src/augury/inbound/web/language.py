"""The choice of a language."""

from litestar import post
from litestar.datastructures import Cookie

from augury.inbound.web.entering import own_path
from augury.inbound.web.given import chosen
from augury.inbound.web.rendering import Answer, see_other
from augury.inbound.web.texts import LANGUAGES
from augury.inbound.web.visitor import A_YEAR, LANGUAGE_COOKIE, PageRequest


@post("/app/language", include_in_schema=False)
async def choose(request: PageRequest) -> Answer:
    form = await request.form()
    back, wanted = own_path(str(form.get("back", ""))), chosen(form.get("language"), LANGUAGES)
    kept = Cookie(
        key=LANGUAGE_COOKIE,
        value=wanted,
        max_age=A_YEAR,
        path="/",
        secure=request.user.is_https,
        httponly=True,
        samesite="lax",
    )
    return see_other(request, back, cookies=[kept])


ROUTES = (choose,)
