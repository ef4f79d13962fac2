"""The pages of users: search, and one user with their money, predictions, keys and possible actions."""

from uuid import UUID

from dishka import FromDishka
from litestar.params import FromPath

from augury.application.money.ports import Balances
from augury.application.people.ports.api_keys import ApiKeys
from augury.application.people.ports.users import Users
from augury.application.predictions.ports.reads import Predictions
from augury.domain.email_address import MOST_EMAIL_CHARACTERS
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.user import User, UserNotFound
from augury.inbound.web.given import id_at, number_at, text_of
from augury.inbound.web.operator.desk import desk_get, desk_page
from augury.inbound.web.rendering import Answer, see_other
from augury.inbound.web.visitor import PageRequest

PAGE = 20


@desk_get("/app/desk/users")
async def listed(request: PageRequest, users: FromDishka[Users]) -> Answer:
    """The users whose address begins with the search text; without one, the newest users."""
    asked = text_of(request.query_params.get("q"), MOST_EMAIL_CHARACTERS)
    after = text_of(request.query_params.get("after"), MOST_EMAIL_CHARACTERS)
    if user := await _by_id(users, asked):
        return see_other(request, f"/app/desk/users/{user.id}")
    if asked:
        found = await users.with_email(asked.lower(), limit=PAGE + 1, after=after or None)
    else:
        before = id_at(after)
        found = await users.page(limit=PAGE + 1, before=UserId(before) if before else None)
    last = found[PAGE - 1] if len(found) > PAGE else None
    more = None if last is None else (last.email if asked else str(last.id))
    return desk_page(request, "users", "users.html", users=found[:PAGE], asked=asked, more=more)


@desk_get("/app/desk/users/{user_id:uuid}")
async def one(
    request: PageRequest,
    user_id: FromPath[UUID],
    users: FromDishka[Users],
    balances: FromDishka[Balances],
    predictions: FromDishka[Predictions],
    api_keys: FromDishka[ApiKeys],
) -> Answer:
    before, older = (request.query_params.get(name, "") for name in ("before", "older"))
    user, place = await users.get(UserId(user_id)), id_at(older)
    lines = await balances.statement(user.id, limit=PAGE + 1, before=number_at(before))
    page = await predictions.page(user.id, limit=PAGE, before=PredictionId(place) if place else None)
    return desk_page(
        request,
        "users",
        "user.html",
        user=user,
        balance=await balances.of(user.id),
        lines=lines[:PAGE],
        more_lines=lines[PAGE - 1].sequence if len(lines) > PAGE else None,
        predictions=page.items,
        older=page.more,
        keys=await api_keys.of(user.id),
        token=uuid7(),
    )


async def _by_id(users: Users, asked: str) -> User | None:
    """The user with this id. None if the text is not an id, or no user has it."""
    try:
        return await users.get(UserId(UUID(asked)))
    except (ValueError, UserNotFound):
        return None


ROUTES = (listed, one)
