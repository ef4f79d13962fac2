"""The administrator's route to refund a prediction."""

from typing import Annotated
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, post
from litestar.params import FromPath, JSONBody

from augury.application.money.refund_prediction import RefundPrediction
from augury.domain.identifiers import PredictionId
from augury.domain.prediction import AlreadyRefunded, NotRefundable, PredictionNotFound
from augury.domain.transfer import MOST_CREDITS
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.idempotency import callers_key_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.description.examples import PREDICTION_ID
from augury.inbound.http.description.operations import KeyedBodilessOperation
from augury.inbound.http.money.balance import BalanceView, balance_after
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.body import JsonBody


class RefundRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Credits to refund. Without a number, or without a body, everything that was charged."""

    credits: Annotated[int, msgspec.Meta(ge=1, le=MOST_CREDITS, examples=[1])] | None = None


ALL = RefundRequest()


@post(
    "/admin/predictions/{prediction_id:uuid}/refund",
    status_code=200,
    dto=JsonBody[RefundRequest],
    return_dto=None,
    summary="Refund a prediction",
    description=f"{RefundPrediction.__doc__} Returns its user's balance.",
    operation_class=KeyedBodilessOperation,
    responses=documented(
        401,
        403,
        404,
        409,
        413,
        415,
        422,
        refusals=[PredictionNotFound(PREDICTION_ID), NotRefundable(charged=1), AlreadyRefunded()],
    ),
)
@inject
async def refund_prediction(
    request: SignedIn,
    prediction_id: FromPath[UUID],
    refund: FromDishka[RefundPrediction],
    data: JSONBody[RefundRequest] = ALL,
) -> Response[BalanceView]:
    moved = await refund(
        prediction_id=PredictionId(prediction_id),
        amount=data.credits,
        key=await callers_key_of(request, f"POST refund {prediction_id}"),
        author=author_of(request),
    )
    return balance_after(moved)


ROUTES = (refund_prediction,)
