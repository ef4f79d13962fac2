"""The administrator's route to the statement of a user."""

from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get
from litestar.params import FromPath

from augury.application.money.ports import Balances
from augury.application.people.ports.users import Users
from augury.domain.identifiers import UserId
from augury.domain.user import UserNotFound
from augury.inbound.http.money.balance import TransferPage, TransferView
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.paging import Cursor, Limit, number_of, number_position, split


@get(
    "/admin/users/{user_id:uuid}/transfers",
    summary="Read a user's statement",
    description="Every movement of the user's credits, newest first. To reverse a top-up, send its "
    "`reference` as `payment`.",
    responses=documented(401, 403, 404, 422, refusals=[UserNotFound()]),
)
@inject
async def read_statement(
    user_id: FromPath[UUID],
    users: FromDishka[Users],
    balances: FromDishka[Balances],
    limit: Limit = 20,
    cursor: Cursor = None,
) -> TransferPage:
    user = await users.get(UserId(user_id))
    found = await balances.statement(user.id, limit=limit + 1, before=number_of(cursor))
    page, next_cursor = split(found, limit, lambda line: number_position(line.sequence))
    return TransferPage([TransferView.of(line, user.id) for line in page], next_cursor)


ROUTES = (read_statement,)
