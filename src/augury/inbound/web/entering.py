"""Registering, signing in and out."""

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post

from augury.application.chats.ports.links import Links
from augury.application.limits import Limits
from augury.application.people.admit_guest import AdmitGuest
from augury.application.people.register_user import RegisterUser
from augury.application.people.sign_in import SignIn
from augury.application.people.sign_out import SignOut
from augury.application.people.sign_out_everywhere import SignOutEverywhere
from augury.domain.credentials import WrongCredentials
from augury.domain.errors import DomainError
from augury.domain.password import MOST_PASSWORD_CHARACTERS
from augury.inbound.web.outside import Outside
from augury.inbound.web.problems import status_of
from augury.inbound.web.rendering import Answer, page, see_other
from augury.inbound.web.visitor import SESSION, PageRequest, client_of, session_cookie

HOME = "/"
MOST_NEXT = 200


@get("/app/sign-in", include_in_schema=False)
@inject
async def sign_in_page(request: PageRequest, links: FromDishka[Links]) -> Answer:
    wanted = own_path(request.query_params.get("next", ""))
    return await form_page(request, "sign_in.html", links, next=wanted)


@post("/app/sign-in", include_in_schema=False)
@inject
async def enter(request: PageRequest, links: FromDishka[Links], sign_in: FromDishka[SignIn]) -> Answer:
    form = await request.form()
    email, password = str(form.get("email", "")), str(form.get("password", ""))
    wanted = own_path(str(form.get("next", "")))
    try:
        if len(password) > 4 * MOST_PASSWORD_CHARACTERS:
            raise WrongCredentials
        return await entered(request, sign_in, email, password, wanted)
    except DomainError as error:
        return await form_page(request, "sign_in.html", links, email=email, next=wanted, error=error)


@get("/app/register", include_in_schema=False)
@inject
async def register_page(request: PageRequest, links: FromDishka[Links]) -> Answer:
    wanted = own_path(request.query_params.get("next", ""))
    return await form_page(request, "register.html", links, next=wanted)


@post("/app/register", include_in_schema=False)
@inject
async def register(
    request: PageRequest,
    links: FromDishka[Links],
    register_user: FromDishka[RegisterUser],
    sign_in: FromDishka[SignIn],
) -> Answer:
    form = await request.form()
    email, password = str(form.get("email", "")), str(form.get("password", ""))
    wanted = own_path(str(form.get("next", "")))
    try:
        await register_user(email=email, password=password, address=address_mark(request))
        return await entered(request, sign_in, email, password, wanted)
    except DomainError as error:
        return await form_page(request, "register.html", links, email=email, next=wanted, error=error)


@post("/app/sign-out", include_in_schema=False)
@inject
async def leave(request: PageRequest, sign_out: FromDishka[SignOut]) -> Answer:
    if request.user.secret:
        await sign_out(refresh=request.user.secret)
    return see_other(request, HOME, cookies=[session_cookie(request.user, "", seconds=0)])


@post("/app/sign-out-everywhere", include_in_schema=False)
@inject
async def leave_everywhere(request: PageRequest, sign_out: FromDishka[SignOutEverywhere]) -> Answer:
    await sign_out(user_id=request.user.member.id)
    return see_other(request, HOME, cookies=[session_cookie(request.user, "", seconds=0)])


def own_path(text: str) -> str:
    """The path if it belongs to one of our pages and no browser can take it for another site's address. Else
    the start page's path."""
    is_ours = text.startswith("/app/") and len(text) <= MOST_NEXT and text.isascii() and text.isprintable()
    return text if is_ours and "\\" not in text else HOME


def address_mark(request: PageRequest) -> str:
    """A keyed hash of the request's network address. Attempts are counted and stored under it."""
    outside: Outside = request.app.state.outside
    admit_guest: AdmitGuest = request.app.state.admit_guest
    return admit_guest.keys.mark(outside.place(request.scope))


async def entered(request: PageRequest, sign_in: SignIn, email: str, password: str, wanted: str) -> Answer:
    """Begin a session with a new cookie. An earlier cookie becomes worthless."""
    client = client_of(request.headers.get("user-agent"))
    tokens = await sign_in(email=email, password=password, address=address_mark(request), client=client)
    return with_session(request, tokens.refresh, wanted, sign_in.limits)


def with_session(request: PageRequest, secret: str, wanted: str, limits: Limits) -> Answer:
    """Send the browser on with the cookie of a session that has begun."""
    seconds = int(limits.refresh_lifetime.total_seconds())
    return see_other(
        request, wanted, cookies=[session_cookie(request.user, SESSION + secret, seconds=seconds)]
    )


async def form_page(
    request: PageRequest,
    template: str,
    links: Links,
    *,
    next: str,
    email: str = "",
    error: DomainError | None = None,
) -> Answer:
    """The form for signing in or registering. Where a bot serves, people can also sign in by Telegram."""
    status = 200 if error is None else status_of(error)
    bot = await links.bot()
    return page(request, template, status=status, email=email, next=next, error=error, bot=bot)


ROUTES = (sign_in_page, enter, register_page, register, leave, leave_everywhere)
