"""What takes the role `admin`, which is read from the database each time."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, get, patch, post
from litestar.params import FromPath, JSONBody

from augury.application.money.ports import Ledger
from augury.application.money.top_up import MOST_PAYMENT_CHARACTERS, TopUp
from augury.application.people.change_role import ChangeRole
from augury.application.people.ports import Users
from augury.domain.balance import MOST_CREDITS
from augury.domain.identifiers import UserId
from augury.domain.user import Role
from augury.inbound.http.balance import BalanceView, balance_after
from augury.inbound.http.body import JsonBody
from augury.inbound.http.idempotency import key_of
from augury.inbound.http.identity import SignedIn
from augury.inbound.http.operations import KeyedOperation
from augury.inbound.http.paging import Cursor, Limit, id_of, split
from augury.inbound.http.problems import documented
from augury.inbound.http.users import UserView


class TopUpRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Credits to add, and a name of the payment, which is credited once."""

    credits: Annotated[int, msgspec.Meta(ge=1, le=MOST_CREDITS, examples=[100])]
    payment: (
        Annotated[
            str,
            msgspec.Meta(
                min_length=1,
                max_length=MOST_PAYMENT_CHARACTERS,
                description="Your name for the payment, such as an invoice's number. It is credited once. "
                "The transfer's `reference` is this where it is a UUID, and else a UUID that is made of it.",
                examples=["invoice 2026-0042"],
            ),
        ]
        | None
    ) = None


class RoleChange(msgspec.Struct, forbid_unknown_fields=True):
    role: Literal["member", "admin"]


class UserPage(msgspec.Struct, frozen=True):
    items: list[UserView]
    next_cursor: str | None


class LedgerView(msgspec.Struct, frozen=True):
    """What a check of all the books found; `deviations` has one line for each."""

    balanced: bool
    users: int
    transfers: int
    predictions: int
    deviations: list[str]


@post(
    "/admin/users/{user_id:uuid}/top-up",
    status_code=200,
    dto=JsonBody[TopUpRequest],
    return_dto=None,
    summary="Top up a balance",
    description=TopUp.__doc__,
    operation_class=KeyedOperation,
    responses=documented(401, 403, 404, 409, 413, 415, 422),
)
@inject
async def top_up(
    request: SignedIn,
    user_id: FromPath[UUID],
    data: JSONBody[TopUpRequest],
    top_up_balance: FromDishka[TopUp],
) -> Response[BalanceView]:
    key = await key_of(request, f"POST top-up {user_id}")
    moved = await top_up_balance(
        user_id=UserId(user_id),
        amount=data.credits,
        payment=data.payment,
        key=(request.user, key) if key else None,
    )
    return balance_after(moved)


@get(
    "/admin/users",
    summary="List the users",
    description="Members and administrators, newest first.",
    responses=documented(401, 403, 422),
)
@inject
async def list_users(users: FromDishka[Users], limit: Limit = 20, cursor: Cursor = None) -> UserPage:
    before = id_of(cursor)
    found = await users.page(limit=limit + 1, before=None if before is None else UserId(before))
    page, next_cursor = split(found, limit, lambda user: user.id.bytes)
    return UserPage([UserView.of(user) for user in page], next_cursor)


@patch(
    "/admin/users/{user_id:uuid}",
    dto=JsonBody[RoleChange],
    return_dto=None,
    summary="Change a user's role",
    description=ChangeRole.__doc__,
    responses=documented(401, 403, 404, 409, 413, 415, 422),
)
@inject
async def change_role(
    request: SignedIn, user_id: FromPath[UUID], data: JSONBody[RoleChange], change: FromDishka[ChangeRole]
) -> UserView:
    return UserView.of(await change(user_id=UserId(user_id), role=Role(data.role), by=request.user))


@get(
    "/admin/ledger",
    summary="Check the books",
    description="Recompute every balance from the transfers, and say what deviates. One check at a time.",
    responses=documented(401, 403, 409),
)
@inject
async def check_ledger(ledger: FromDishka[Ledger]) -> LedgerView:
    report = await ledger.verify()
    return LedgerView(
        not report.deviations,
        report.users,
        report.transfers,
        report.predictions,
        list(report.deviations),
    )
