"""What an administrator does with one user: credits, access, role and keys."""

from uuid import UUID

from dishka import FromDishka
from litestar.params import FromPath

from augury.application.money.payments import MOST_PAYMENT_CHARACTERS
from augury.application.money.refund_prediction import RefundPrediction
from augury.application.money.reverse_top_up import ReverseTopUp
from augury.application.money.top_up import TopUp
from augury.application.people.block_user import BlockUser
from augury.application.people.change_role import ChangeRole
from augury.application.people.delete_api_key import DeleteApiKey
from augury.application.people.unblock_user import UnblockUser
from augury.domain.identifiers import UserId
from augury.domain.user import Role
from augury.inbound.web.given import chosen, text_of, typed_number
from augury.inbound.web.ids import prediction_id_in
from augury.inbound.web.operator.desk import author_of, desk_post, done, once
from augury.inbound.web.rendering import Answer
from augury.inbound.web.visitor import PageRequest

USER = "/app/desk/users/{user_id:uuid}"


@desk_post(f"{USER}/top-up")
async def top_up(request: PageRequest, user_id: FromPath[UUID], add: FromDishka[TopUp]) -> Answer:
    form = await request.form()
    amount = typed_number(form.get("credits")) or 0
    payment = text_of(form.get("payment"), MOST_PAYMENT_CHARACTERS)
    await add(
        user_id=UserId(user_id),
        amount=amount,
        payment=payment or None,
        key=once(request, str(form.get("token", "")), "top-up", user_id, amount, payment),
        author=author_of(request),
    )
    return done(request, f"users/{user_id}", "topped-up")


@desk_post(f"{USER}/take-back")
async def take_back(
    request: PageRequest, user_id: FromPath[UUID], reverse: FromDishka[ReverseTopUp]
) -> Answer:
    form = await request.form()
    await reverse(
        user_id=UserId(user_id),
        payment=text_of(form.get("payment"), MOST_PAYMENT_CHARACTERS),
        amount=typed_number(form.get("credits")),
        author=author_of(request),
    )
    return done(request, f"users/{user_id}", "taken-back")


@desk_post(f"{USER}/refund")
async def refund(
    request: PageRequest, user_id: FromPath[UUID], give_back: FromDishka[RefundPrediction]
) -> Answer:
    prediction_id = prediction_id_in(str((await request.form()).get("prediction", "")).strip())
    await give_back(prediction_id=prediction_id, author=author_of(request))
    return done(request, f"users/{user_id}", "refunded")


@desk_post(f"{USER}/block")
async def block(request: PageRequest, user_id: FromPath[UUID], block_user: FromDishka[BlockUser]) -> Answer:
    author = author_of(request)
    await block_user(user_id=UserId(user_id), by=author.user_id, author=author)
    return done(request, f"users/{user_id}", "blocked")


@desk_post(f"{USER}/unblock")
async def unblock(
    request: PageRequest, user_id: FromPath[UUID], unblock_user: FromDishka[UnblockUser]
) -> Answer:
    await unblock_user(user_id=UserId(user_id), author=author_of(request))
    return done(request, f"users/{user_id}", "unblocked")


@desk_post(f"{USER}/role")
async def change_role(
    request: PageRequest, user_id: FromPath[UUID], change: FromDishka[ChangeRole]
) -> Answer:
    role, author = chosen((await request.form()).get("role"), (Role.MEMBER, Role.ADMIN)), author_of(request)
    await change(user_id=UserId(user_id), role=role, by=author.user_id, author=author)
    return done(request, f"users/{user_id}", f"made-{role}")


@desk_post(f"{USER}/keys/{{key_id:uuid}}/revoke")
async def revoke(
    request: PageRequest,
    user_id: FromPath[UUID],
    key_id: FromPath[UUID],
    delete_api_key: FromDishka[DeleteApiKey],
) -> Answer:
    await delete_api_key(user_id=UserId(user_id), key_id=key_id, author=author_of(request))
    return done(request, f"users/{user_id}", "revoked")


ROUTES = (top_up, take_back, refund, block, unblock, change_role, revoke)
