"""The account: password, sessions, the Telegram chat, and closing it."""

from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.params import FromPath

from augury.application.chats.issue_telegram_link import IssuedLink, IssueTelegramLink
from augury.application.chats.ports.links import Links
from augury.application.money.ports import Balances
from augury.application.people.change_password import ChangePassword
from augury.application.people.close_account import CloseAccount
from augury.application.people.ports.sessions import Sessions
from augury.application.people.sign_in import SignIn
from augury.domain.errors import DomainError
from augury.inbound.web.entering import HOME, entered
from augury.inbound.web.given import is_ticked, typed_number
from augury.inbound.web.problems import status_of
from augury.inbound.web.rendering import Answer, page, see_other
from augury.inbound.web.visitor import PageRequest, session_cookie, signed_in

SESSIONS = 50
"""The newest sessions are on the page."""


@get("/app/account", guards=[signed_in], include_in_schema=False)
@inject
async def account(request: PageRequest, sessions: FromDishka[Sessions], links: FromDishka[Links]) -> Answer:
    return await _page(request, sessions, links)


@post("/app/account/password", guards=[signed_in], include_in_schema=False)
@inject
async def password(
    request: PageRequest,
    sessions: FromDishka[Sessions],
    links: FromDishka[Links],
    change_password: FromDishka[ChangePassword],
    sign_in: FromDishka[SignIn],
) -> Answer:
    """Change the password, which ends all sessions. This browser gets a new one."""
    form, user = await request.form(), request.user.member
    new = str(form.get("new", ""))
    try:
        await change_password(
            user_id=user.id,
            current=str(form.get("current", "")),
            new=new,
            end_api_keys=is_ticked(form.get("end_api_keys")),
        )
    except DomainError as error:
        return await _page(request, sessions, links, wrong="password", error=error)
    assert user.email is not None, "only such an account has a password"
    return await entered(request, sign_in, user.email, new, "/app/account")


@post("/app/account/telegram", guards=[signed_in], include_in_schema=False)
@inject
async def telegram(
    request: PageRequest,
    sessions: FromDishka[Sessions],
    links: FromDishka[Links],
    issue_link: FromDishka[IssueTelegramLink],
) -> Answer:
    try:
        link = await issue_link(user_id=request.user.member.id)
    except DomainError as error:
        return await _page(request, sessions, links, wrong="telegram", error=error)
    return await _page(request, sessions, links, link=link)


@post("/app/account/sessions/{family:uuid}/end", guards=[signed_in], include_in_schema=False)
@inject
async def end_session(request: PageRequest, family: FromPath[UUID], sessions: FromDishka[Sessions]) -> Answer:
    await sessions.end_of(request.user.member.id, family)
    return see_other(request, "/app/account")


@get("/app/account/close", guards=[signed_in], include_in_schema=False)
@inject
async def closing(request: PageRequest, balances: FromDishka[Balances]) -> Answer:
    return await _closing(request, balances)


@post("/app/account/close", guards=[signed_in], include_in_schema=False)
@inject
async def close(
    request: PageRequest, balances: FromDishka[Balances], close_account: FromDishka[CloseAccount]
) -> Answer:
    """Close the account if its owner has typed its address, or has ticked the box if it has no address. The
    field `forfeit` is the number of credits that the page said would be lost."""
    form, user = await request.form(), request.user.member
    typed = str(form.get("email", "")).strip().lower()
    is_confirmed = typed == user.email if user.email else form.get("sure") == "yes"
    if not is_confirmed:
        return await _closing(request, balances, mistyped=True)
    try:
        await close_account(user_id=user.id, forfeit=typed_number(form.get("forfeit")) or 0)
    except DomainError as error:
        return await _closing(request, balances, error=error)
    return see_other(request, HOME, cookies=[session_cookie(request.user, "", seconds=0)])


async def _page(
    request: PageRequest,
    sessions: Sessions,
    links: Links,
    *,
    wrong: str = "",
    error: DomainError | None = None,
    link: IssuedLink | None = None,
) -> Answer:
    return page(
        request,
        "account.html",
        status=200 if error is None else status_of(error),
        user=request.user.member,
        sessions=await sessions.of(request.user.member.id, limit=SESSIONS),
        wrong=wrong,
        error=error,
        link=link,
        bot=await links.bot(),
    )


async def _closing(
    request: PageRequest, balances: Balances, *, mistyped: bool = False, error: DomainError | None = None
) -> Answer:
    balance = await balances.of(request.user.member.id)
    status = 422 if mistyped else 200 if error is None else status_of(error)
    return page(
        request, "close.html", status=status, spendable=balance.spendable, mistyped=mistyped, error=error
    )


ROUTES = (account, password, telegram, end_session, closing, close)
