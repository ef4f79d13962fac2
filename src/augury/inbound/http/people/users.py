"""The caller's own account."""

from datetime import datetime
from typing import Annotated, Self

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import delete, post
from litestar.params import QueryParameter

from augury.application.chats.issue_telegram_link import IssueTelegramLink
from augury.application.people.close_account import CloseAccount
from augury.application.people.ports.users import Users
from augury.domain.api_key import NotByApiKey
from augury.domain.chat import NoBot
from augury.domain.identifiers import UserId
from augury.domain.transfer import MOST_CREDITS
from augury.domain.user import CreditsLeft, PredictionsUnderWay, Role, User, UserNotFound
from augury.inbound.http.callers.identity import InPerson, SignedIn, in_person
from augury.inbound.http.callers.member_routes import member_get
from augury.inbound.http.description.openapi import BEARER
from augury.inbound.http.problems.described import documented

TAGS = ["Account"]
Confirm = Annotated[
    int,
    QueryParameter(
        ge=0,
        le=MOST_CREDITS,
        description="The number of credits that you still have and accept to lose. Needed if you have any.",
    ),
]


class UserView(msgspec.Struct, frozen=True):
    id: UserId
    email: str | None
    role: Role
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(user.id, user.email, user.role, user.created_at)


@member_get(
    "/users/me",
    tags=TAGS,
    summary="Read your account",
    description="Your account: id, address and role.",
    responses=documented(401, 404, refusals=[UserNotFound()]),
)
@inject
async def me(request: SignedIn, users: FromDishka[Users]) -> UserView:
    return UserView.of(await users.get(request.user))


@delete(
    "/users/me",
    guards=[in_person],
    security=BEARER,
    tags=TAGS,
    summary="Close your account",
    description=CloseAccount.__doc__,
    responses=documented(
        401,
        403,
        404,
        409,
        refusals=[
            NotByApiKey(),
            UserNotFound(),
            PredictionsUnderWay(pending=2),
            CreditsLeft(available=4),
        ],
    ),
)
@inject
async def close(request: InPerson, close_account: FromDishka[CloseAccount], confirm: Confirm = 0) -> None:
    await close_account(user_id=request.user, forfeit=confirm)


class TelegramLink(msgspec.Struct, frozen=True):
    """A deep link to the bot, which works once."""

    url: str
    expires_at: datetime


@post(
    "/users/me/telegram-link",
    guards=[in_person],
    security=BEARER,
    tags=TAGS,
    summary="Link a Telegram chat",
    description=IssueTelegramLink.__doc__,
    responses=documented(401, 403, 404, 409, refusals=[NotByApiKey(), UserNotFound(), NoBot()]),
)
@inject
async def telegram_link(request: InPerson, issue_link: FromDishka[IssueTelegramLink]) -> TelegramLink:
    link = await issue_link(user_id=request.user)
    return TelegramLink(link.url, link.expires_at)


ROUTES = (me, close, telegram_link)
