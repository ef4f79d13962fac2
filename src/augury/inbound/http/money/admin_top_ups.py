"""The administrator's routes for credits: top-ups, their reversals, the check of the books."""

from typing import Annotated
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from augury.application.money.payments import MOST_PAYMENT_CHARACTERS
from augury.application.money.reverse_top_up import ReverseTopUp
from augury.application.money.top_up import TopUp
from augury.application.money.verify_ledger import VerifyLedger
from augury.domain.identifiers import UserId
from augury.domain.ledger_check import CheckUnderWay
from augury.domain.payment import AlreadyReversed, PaymentTaken, TopUpNotFound
from augury.domain.transfer import MOST_CREDITS
from augury.domain.user import UserNotFound
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.idempotency import callers_key_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.description.operations import KeyedOperation
from augury.inbound.http.money.balance import BalanceView, balance_after
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.body import JsonBody


class TopUpRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Credits to add, and the name of their payment. One payment is credited once."""

    credits: Annotated[int, msgspec.Meta(ge=1, le=MOST_CREDITS, examples=[100])]
    payment: (
        Annotated[
            str,
            msgspec.Meta(
                min_length=1,
                max_length=MOST_PAYMENT_CHARACTERS,
                description="Your name for the payment, such as an invoice's number. It is credited once. "
                "The transfer's `reference` is this name if it is a UUID, or else a UUID made of it.",
                examples=["invoice 2026-0042"],
            ),
        ]
        | None
    ) = None


class ReversalRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The top-up to take back, and how many of its credits. Without a number, all of them."""

    payment: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=MOST_PAYMENT_CHARACTERS,
            description="The `payment` of the top-up, or its `reference` in the statement.",
            examples=["invoice 2026-0042"],
        ),
    ]
    credits: Annotated[int, msgspec.Meta(ge=1, le=MOST_CREDITS, examples=[100])] | None = None


class LedgerView(msgspec.Struct, frozen=True):
    """The result of a check of all the books. `deviations` has one line for each deviation."""

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
    responses=documented(401, 403, 404, 409, 413, 415, 422, refusals=[UserNotFound(), PaymentTaken()]),
)
@inject
async def top_up(
    request: SignedIn,
    user_id: FromPath[UUID],
    data: JSONBody[TopUpRequest],
    top_up_balance: FromDishka[TopUp],
) -> Response[BalanceView]:
    moved = await top_up_balance(
        user_id=UserId(user_id),
        amount=data.credits,
        payment=data.payment,
        key=await callers_key_of(request, f"POST top-up {user_id}"),
        author=author_of(request),
    )
    return balance_after(moved)


@post(
    "/admin/users/{user_id:uuid}/reversal",
    status_code=200,
    dto=JsonBody[ReversalRequest],
    return_dto=None,
    summary="Take back a top-up",
    description=f"{ReverseTopUp.__doc__} Returns the user's balance.",
    operation_class=KeyedOperation,
    responses=documented(
        401, 403, 404, 409, 413, 415, 422, refusals=[UserNotFound(), TopUpNotFound(), AlreadyReversed()]
    ),
)
@inject
async def reverse_top_up(
    request: SignedIn,
    user_id: FromPath[UUID],
    data: JSONBody[ReversalRequest],
    reverse: FromDishka[ReverseTopUp],
) -> Response[BalanceView]:
    moved = await reverse(
        user_id=UserId(user_id),
        payment=data.payment,
        amount=data.credits,
        key=await callers_key_of(request, f"POST reversal {user_id}"),
        author=author_of(request),
    )
    return balance_after(moved)


@get(
    "/admin/ledger",
    summary="Check the books",
    description=VerifyLedger.__doc__,
    responses=documented(401, 403, 409, refusals=[CheckUnderWay()]),
)
@inject
async def check_ledger(verify: FromDishka[VerifyLedger]) -> LedgerView:
    report = await verify()
    return LedgerView(
        not report.deviations,
        report.users,
        report.transfers,
        report.predictions,
        [str(each) for each in report.deviations],
    )


ROUTES = (top_up, reverse_top_up, check_ledger)
