"""The caller's credits, and the statement that explains them."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response
from litestar.params import JSONBody

from augury.application.money.ports import Balances, Moved, Statement
from augury.application.money.redeem_promo_code import RedeemPromoCode
from augury.domain.balance import Balance
from augury.domain.identifiers import UserId
from augury.domain.promo_code import PromoCodeNotFound, PromoCodeRedeemed, PromoCodeUsedUp
from augury.domain.transfer import TransferKind
from augury.inbound.http.callers.idempotency import key_of
from augury.inbound.http.callers.identity import Identity, SignedIn
from augury.inbound.http.callers.member_routes import member_get, member_post
from augury.inbound.http.description.operations import CsvOperation, KeyedOperation
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.accept import prefers
from augury.inbound.http.protocol.body import JsonBody
from augury.inbound.http.protocol.paging import Cursor, Limit, number_of, number_position, split
from augury.inbound.http.settings import HttpSettings

TAGS = ["Balance"]
JSON, CSV = "application/json", "text/csv"


class BalanceView(msgspec.Struct, frozen=True, omit_defaults=True):
    """Credits that can be spent, and credits reserved for unfinished predictions.

    `debt` is there only if credits are owed for a payment that was returned: they are settled from
    `available` before anything else.
    """

    available: int
    held: int
    debt: int = 0

    @classmethod
    def of(cls, balance: Balance) -> Self:
        return cls(balance.available, balance.held, balance.debt)


def balance_after(moved: Moved) -> Response[BalanceView]:
    """The balance, and a header that tells whether an earlier request had moved the credits."""
    headers = {"Idempotent-Replayed": "true"} if moved.replayed else {}
    return Response(BalanceView.of(moved.balance), headers=headers)


class Redemption(msgspec.Struct, forbid_unknown_fields=True):
    code: Annotated[
        str,
        msgspec.Meta(max_length=64, description="Upper and lower case are the same.", examples=["SPRING"]),
    ]


class TransferView(msgspec.Struct, frozen=True):
    """One movement: its kind, its amount, its effect on the balance, and the id of its prediction or
    payment."""

    kind: TransferKind
    amount: int
    available_change: int
    held_change: int
    reference: UUID
    created_at: datetime
    debt_change: int

    @classmethod
    def of(cls, statement: Statement, user_id: UserId) -> Self:
        transfer = statement.transfer
        received = transfer.to_user_id == user_id
        return cls(
            transfer.kind,
            transfer.amount,
            transfer.amount * (1 if received else transfer.kind.available_sign),
            0 if received else transfer.amount * transfer.kind.held_sign,
            transfer.reference,
            statement.created_at,
            transfer.amount * transfer.kind.debt_sign,
        )


class TransferPage(msgspec.Struct, frozen=True):
    items: Sequence[TransferView]
    next_cursor: str | None


@member_get(
    "/balance",
    tags=TAGS,
    summary="Read your balance",
    description=BalanceView.__doc__,
    responses=documented(401),
)
@inject
async def balance(request: SignedIn, balances: FromDishka[Balances]) -> BalanceView:
    return BalanceView.of(await balances.of(request.user))


@member_post(
    "/balance/redeem",
    status_code=200,
    dto=JsonBody[Redemption],
    return_dto=None,
    tags=TAGS,
    summary="Redeem a promo code",
    description=f"{RedeemPromoCode.__doc__} Returns your balance.",
    operation_class=KeyedOperation,
    responses=documented(
        401,
        404,
        409,
        413,
        415,
        422,
        429,
        refusals=[PromoCodeNotFound(), PromoCodeRedeemed(), PromoCodeUsedUp()],
    ),
)
@inject
async def redeem(
    request: SignedIn, data: JSONBody[Redemption], redeem_promo_code: FromDishka[RedeemPromoCode]
) -> Response[BalanceView]:
    identity: Identity = request.app.state.identity
    moved = await redeem_promo_code(
        user_id=request.user,
        code=data.code,
        address=identity.tries_mark(request.scope),
        key=await key_of(request, "POST redeem"),
    )
    return balance_after(moved)


@member_get(
    "/balance/transfers",
    tags=TAGS,
    summary="Read your statement",
    description="Every movement of your credits, newest first. With `Accept: text/csv`, the answer is CSV, "
    "and the header `Link` leads to the next page.",
    operation_class=CsvOperation,
    responses=documented(401, 422),
)
@inject
async def transfers(
    request: SignedIn, balances: FromDishka[Balances], limit: Limit = 20, cursor: Cursor = None
) -> Response[TransferPage]:
    found = await balances.statement(request.user, limit=limit + 1, before=number_of(cursor))
    page, next_cursor = split(found, limit, lambda line: number_position(line.sequence))
    items = [TransferView.of(line, request.user) for line in page]
    headers = {"Vary": "Accept"}
    if next_cursor:
        settings: HttpSettings = request.app.state.settings
        query = urlencode({"limit": limit, "cursor": next_cursor})
        headers["Link"] = f'<{settings.base_path}/balance/transfers?{query}>; rel="next"'
    if prefers(request.scope, CSV, JSON):
        return Response(_csv(items), media_type=CSV, headers=headers)  # type: ignore[arg-type]  # the same page as text
    return Response(TransferPage(items, next_cursor), headers=headers)


def _csv(items: Sequence[TransferView]) -> bytes:
    """The page as CSV (RFC 4180), with times as in JSON."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(TransferView.__struct_fields__)
    writer.writerows(msgspec.to_builtins(item).values() for item in items)
    return text.getvalue().encode()


ROUTES = (balance, redeem, transfers)
