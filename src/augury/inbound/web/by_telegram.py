"""Signing in by a chat with the bot: no script of Telegram, and no secret of the bot, is needed for it.

The code of a request is made from the browser's cookie, so only this browser can finish what it has begun.
"""

import base64
import hashlib
import hmac
from urllib.parse import quote
from uuid import UUID, uuid4

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.params import FromPath

from augury.application.chats.ask_chat_sign_in import PREFIX, AskChatSignIn, deep_link
from augury.application.chats.finish_chat_sign_in import FinishChatSignIn
from augury.application.chats.ports.links import Links
from augury.application.chats.ports.sign_ins import ChatSignIns
from augury.application.people.tokens import digest
from augury.domain.chat_sign_in import number_of
from augury.domain.errors import DomainError
from augury.inbound.web.entering import address_mark, form_page, own_path, with_session
from augury.inbound.web.rendering import Answer, is_part, page, see_other
from augury.inbound.web.visitor import PageRequest, Visitor, client_of

BEGIN = "/app/sign-in/telegram"


@post(BEGIN, include_in_schema=False)
@inject
async def ask(request: PageRequest, links: FromDishka[Links], ask: FromDishka[AskChatSignIn]) -> Answer:
    wanted = own_path(str((await request.form()).get("next", "")))
    asked = uuid4()
    client = f"{client_of(request.headers.get('user-agent'))}, Telegram"
    try:
        await ask(code=code_of(request.user, asked), client=client, address=address_mark(request))
    except DomainError as error:
        return await form_page(request, "sign_in.html", links, next=wanted, error=error)
    return see_other(request, f"{BEGIN}/{asked}?next={quote(wanted)}")


@get(BEGIN + "/{asked:uuid}", include_in_schema=False)
@inject
async def waiting(
    request: PageRequest, asked: FromPath[UUID], links: FromDishka[Links], sign_ins: FromDishka[ChatSignIns]
) -> Answer:
    """The link to the bot, and the number to compare."""
    return await _page(request, "by_telegram.html", asked, links, sign_ins)


@get(BEGIN + "/{asked:uuid}/state", include_in_schema=False)
@inject
async def state(
    request: PageRequest, asked: FromPath[UUID], links: FromDishka[Links], sign_ins: FromDishka[ChatSignIns]
) -> Answer:
    """The part of the page that changes."""
    return await _page(request, "part/by_telegram_state.html", asked, links, sign_ins)


@post(BEGIN + "/{asked:uuid}", include_in_schema=False)
@inject
async def enter(request: PageRequest, asked: FromPath[UUID], finish: FromDishka[FinishChatSignIn]) -> Answer:
    """Begin the session with a new cookie. An earlier cookie becomes worthless."""
    wanted = own_path(str((await request.form()).get("next", "")))
    secret = await finish(code=code_of(request.user, asked))
    answer = with_session(request, secret, wanted, finish.limits)
    if is_part(request):  # a script would follow a redirect unseen
        answer.headers["HX-Redirect"] = answer.headers.pop("Location")
        answer.status_code = 200
    return answer


def code_of(visitor: Visitor, asked: UUID) -> str:
    """The code of a request: 43 characters that reveal nothing about the cookie."""
    made = hmac.digest(visitor.cookie.encode(), b"telegram:" + asked.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


async def _page(
    request: PageRequest, template: str, asked: UUID, links: Links, sign_ins: ChatSignIns
) -> Answer:
    code = code_of(request.user, asked)
    found = await sign_ins.asked(digest(code))
    bot = await links.bot() or ""
    return page(
        request,
        template,
        asked=asked,
        found=found,
        bot=bot,
        command=f"/start {PREFIX}{code}",
        link=deep_link(bot, code),
        number=number_of(code),
        next=own_path(request.query_params.get("next", "")),
    )


ROUTES = (ask, waiting, state, enter)
