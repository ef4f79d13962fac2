"""The administrator's routes for users."""

from datetime import datetime
from typing import Annotated, Literal, Self
from unicodedata import normalize
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from augury.application.money.ports import Balances
from augury.application.people.block_user import BlockUser
from augury.application.people.change_role import ChangeRole
from augury.application.people.ports.users import Users
from augury.application.people.unblock_user import UnblockUser
from augury.domain.balance import Balance
from augury.domain.email_address import MOST_EMAIL_CHARACTERS, normalized_email
from augury.domain.identifiers import UserId
from augury.domain.user import OwnAccount, OwnRole, Role, User, UserNotFound
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.body import JsonBody
from augury.inbound.http.protocol.paging import Cursor, Limit, address_of, id_of, split

OfEmail = Annotated[
    str | None,
    QueryParameter(max_length=MOST_EMAIL_CHARACTERS, description="Only the user with this address."),
]


EmailPrefix = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=MOST_EMAIL_CHARACTERS,
        description="Only users whose address begins with this, in the order of their addresses.",
    ),
]


class RoleChange(msgspec.Struct, forbid_unknown_fields=True):
    role: Literal["member", "admin"]


class MemberView(msgspec.Struct, frozen=True):
    """A user as the administrator sees them. `blocked_at` is null if the user is not blocked."""

    id: UserId
    email: str | None
    role: Role
    created_at: datetime
    blocked_at: datetime | None

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(user.id, user.email, user.role, user.created_at, user.blocked_at)


class MemberPage(msgspec.Struct, frozen=True):
    items: list[MemberView]
    next_cursor: str | None


class AccountView(MemberView, frozen=True):
    """A user with the balance and the number of unfinished predictions."""

    available: int
    held: int
    pending: int
    debt: int

    @classmethod
    def with_balance(cls, user: User, balance: Balance) -> Self:
        known = user.id, user.email, user.role, user.created_at, user.blocked_at
        return cls(*known, balance.available, balance.held, balance.pending, balance.debt)


@get(
    "/admin/users",
    summary="List the users, or find one",
    description="Members and administrators, newest first. With `email`, only the user with this address. "
    "With `email_prefix`, the users whose address begins with it, ordered by address.",
    responses=documented(401, 403, 422),
)
@inject
async def list_users(
    users: FromDishka[Users],
    limit: Limit = 20,
    cursor: Cursor = None,
    email: OfEmail = None,
    email_prefix: EmailPrefix = None,
) -> MemberPage:
    if email is not None:
        secret = await users.by_email(normalized_email(email))
        return MemberPage([MemberView.of(secret.user)] if secret else [], None)
    if email_prefix is not None:
        listed = await users.with_email(
            normalize("NFC", email_prefix.strip().lower()), limit=limit + 1, after=address_of(cursor)
        )
        page, next_cursor = split(listed, limit, lambda user: (user.email or "").encode())
        return MemberPage([MemberView.of(user) for user in page], next_cursor)
    before = id_of(cursor)
    found = await users.page(limit=limit + 1, before=None if before is None else UserId(before))
    page, next_cursor = split(found, limit, lambda user: user.id.bytes)
    return MemberPage([MemberView.of(user) for user in page], next_cursor)


@get(
    "/admin/users/{user_id:uuid}",
    summary="Read a user's account",
    description=AccountView.__doc__,
    responses=documented(401, 403, 404, refusals=[UserNotFound()]),
)
@inject
async def read_user(
    user_id: FromPath[UUID], users: FromDishka[Users], balances: FromDishka[Balances]
) -> AccountView:
    user = await users.get(UserId(user_id))
    return AccountView.with_balance(user, await balances.of(user.id))


@patch(
    "/admin/users/{user_id:uuid}",
    dto=JsonBody[RoleChange],
    return_dto=None,
    summary="Change a user's role",
    description=ChangeRole.__doc__,
    responses=documented(401, 403, 404, 409, 413, 415, 422, refusals=[UserNotFound(), OwnRole()]),
)
@inject
async def change_role(
    request: SignedIn, user_id: FromPath[UUID], data: JSONBody[RoleChange], change: FromDishka[ChangeRole]
) -> MemberView:
    return MemberView.of(
        await change(
            user_id=UserId(user_id), role=Role(data.role), by=request.user, author=author_of(request)
        )
    )


@post(
    "/admin/users/{user_id:uuid}/block",
    status_code=200,
    summary="Block a user",
    description=BlockUser.__doc__,
    responses=documented(401, 403, 404, 409, refusals=[UserNotFound(), OwnAccount()]),
)
@inject
async def block_user(request: SignedIn, user_id: FromPath[UUID], block: FromDishka[BlockUser]) -> MemberView:
    return MemberView.of(await block(user_id=UserId(user_id), by=request.user, author=author_of(request)))


@post(
    "/admin/users/{user_id:uuid}/unblock",
    status_code=200,
    summary="Unblock a user",
    description=UnblockUser.__doc__,
    responses=documented(401, 403, 404, refusals=[UserNotFound()]),
)
@inject
async def unblock_user(
    request: SignedIn, user_id: FromPath[UUID], unblock: FromDishka[UnblockUser]
) -> MemberView:
    return MemberView.of(await unblock(user_id=UserId(user_id), author=author_of(request)))


ROUTES = (list_users, read_user, change_role, block_user, unblock_user)
