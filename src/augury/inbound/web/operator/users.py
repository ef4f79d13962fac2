"""The pages of users: search, and one user with their money, predictions, keys and possible actions."""

from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar.params import FromPath

from augury.application.money.ports import Balances
from augury.application.money.refund_prediction import RefundPrediction
from augury.application.money.reverse_top_up import ReverseTopUp
from augury.application.money.top_up import TopUp
from augury.application.people.block_user import BlockUser
from augury.application.people.change_role import ChangeRole
from augury.application.people.delete_api_key import DeleteApiKey
from augury.application.people.ports import ApiKeys, Users
from augury.application.people.unblock_user import UnblockUser
from augury.application.predictions.ports import Predictions
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.prediction import PredictionNotFound
from augury.domain.user import Role, UserNotFound
from augury.inbound.web.operator.desk import (
    author_of,
    desk_get,
    desk_page,
    desk_post,
    done,
    number_in,
    once,
    user_id_in,
)
from augury.inbound.web.rendering import Answer, see_other
from augury.inbound.web.visitor import PageRequest
from augury.inbound.web.whole_numbers import number_at

PAGE = 20
MOST_SEARCHED = 254


@desk_get("/app/desk/users")
@inject
async def listed(request: PageRequest, users: FromDishka[Users]) -> Answer:
    """The users whose address begins with the search text; without one, the newest users."""
    asked, given = request.query_params.get("q", "").strip()[:MOST_SEARCHED], request.query_params
    if user := await _by_id(users, asked):
        return see_other(request, f"/app/desk/users/{user}")
    if asked:
        after = given.get("after") or None
        found = await users.with_email(asked.lower(), limit=PAGE + 1, after=after)
    else:
        before = user_id_in(given["after"]) if given.get("after") else None
        found = await users.page(limit=PAGE + 1, before=before)
    last = found[PAGE - 1] if len(found) > PAGE else None
    more = None if last is None else (last.email if asked else str(last.id))
    return desk_page(request, "users", "users.html", users=found[:PAGE], asked=asked, more=more)


@desk_get("/app/desk/users/{user_id:uuid}")
@inject
async def one(
    request: PageRequest,
    user_id: FromPath[UUID],
    users: FromDishka[Users],
    balances: FromDishka[Balances],
    predictions: FromDishka[Predictions],
    api_keys: FromDishka[ApiKeys],
) -> Answer:
    user, given = await users.get(UserId(user_id)), request.query_params
    lines = await balances.statement(user.id, limit=PAGE + 1, before=number_at(given.get("before", "")))
    page = await predictions.page(
        user.id,
        limit=PAGE,
        before=_prediction_id(given["older"]) if given.get("older") else None,
    )
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


@desk_post("/app/desk/users/{user_id:uuid}/top-up")
@inject
async def top_up(request: PageRequest, user_id: FromPath[UUID], add: FromDishka[TopUp]) -> Answer:
    form = await request.form()
    amount, payment = number_in(str(form.get("credits", ""))) or 0, str(form.get("payment", "")).strip()[:200]
    await add(
        user_id=UserId(user_id),
        amount=amount,
        payment=payment or None,
        key=once(request, str(form.get("token", "")), "top-up", user_id, amount, payment),
        author=author_of(request),
    )
    return done(request, f"users/{user_id}", "topped-up")


@desk_post("/app/desk/users/{user_id:uuid}/take-back")
@inject
async def take_back(
    request: PageRequest, user_id: FromPath[UUID], reverse: FromDishka[ReverseTopUp]
) -> Answer:
    form = await request.form()
    await reverse(
        user_id=UserId(user_id),
        payment=str(form.get("payment", "")).strip()[:200],
        amount=number_in(str(form.get("credits", ""))),
        author=author_of(request),
    )
    return done(request, f"users/{user_id}", "taken-back")


@desk_post("/app/desk/users/{user_id:uuid}/refund")
@inject
async def refund(
    request: PageRequest, user_id: FromPath[UUID], give_back: FromDishka[RefundPrediction]
) -> Answer:
    form = await request.form()
    await give_back(
        prediction_id=_prediction_id(str(form.get("prediction", "")).strip()), author=author_of(request)
    )
    return done(request, f"users/{user_id}", "refunded")


@desk_post("/app/desk/users/{user_id:uuid}/block")
@inject
async def block(request: PageRequest, user_id: FromPath[UUID], block_user: FromDishka[BlockUser]) -> Answer:
    await block_user(user_id=UserId(user_id), by=request.user.member.id, author=author_of(request))
    return done(request, f"users/{user_id}", "blocked")


@desk_post("/app/desk/users/{user_id:uuid}/unblock")
@inject
async def unblock(
    request: PageRequest, user_id: FromPath[UUID], unblock_user: FromDishka[UnblockUser]
) -> Answer:
    await unblock_user(user_id=UserId(user_id), author=author_of(request))
    return done(request, f"users/{user_id}", "unblocked")


@desk_post("/app/desk/users/{user_id:uuid}/role")
@inject
async def change_role(
    request: PageRequest, user_id: FromPath[UUID], change: FromDishka[ChangeRole]
) -> Answer:
    is_admin = str((await request.form()).get("role", "")) == Role.ADMIN
    role = Role.ADMIN if is_admin else Role.MEMBER
    await change(user_id=UserId(user_id), role=role, by=request.user.member.id, author=author_of(request))
    return done(request, f"users/{user_id}", "made-admin" if is_admin else "made-member")


@desk_post("/app/desk/users/{user_id:uuid}/keys/{key_id:uuid}/revoke")
@inject
async def revoke(
    request: PageRequest,
    user_id: FromPath[UUID],
    key_id: FromPath[UUID],
    delete_api_key: FromDishka[DeleteApiKey],
) -> Answer:
    await delete_api_key(user_id=UserId(user_id), key_id=key_id, author=author_of(request))
    return done(request, f"users/{user_id}", "revoked")


async def _by_id(users: Users, asked: str) -> UserId | None:
    try:
        return (await users.get(user_id_in(asked))).id
    except UserNotFound:
        return None


def _prediction_id(text: str) -> PredictionId:
    try:
        return PredictionId(UUID(text))
    except ValueError:
        raise PredictionNotFound(PredictionId(UUID(int=0))) from None


ROUTES = (listed, one, top_up, take_back, refund, block, unblock, change_role, revoke)
