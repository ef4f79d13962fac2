"""What a prediction would cost, before anything is asked for."""

from typing import Annotated

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import post
from litestar.params import JSONBody

from augury.application.limits import Limits
from augury.application.models.ports import Models
from augury.application.predictions.ports import Predictions
from augury.application.predictions.requests import checked
from augury.domain.model import ModelNotFound
from augury.domain.prediction import NoRows, TooManyRows
from augury.inbound.http.body import JsonBody, decode_data
from augury.inbound.http.field_problems import FieldProblem, row_problems
from augury.inbound.http.identity import SignedIn, signed_in
from augury.inbound.http.openapi import BEARER
from augury.inbound.http.problems import documented
from augury.inbound.http.settings import HttpSettings
from augury.inbound.http.submissions import Data


class QuoteRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Rows for a model, as in a submit."""

    data: Data
    model: Annotated[str, msgspec.Meta(max_length=128)] | None = None


class Quote(msgspec.Struct, frozen=True):
    """`price` would be held, `row_price` × `valid_rows` charged; with no valid row it would be refused."""

    model: str
    row_price: int
    rows: int
    valid_rows: int
    price: int
    errors: list[FieldProblem]
    queue_length: int


@post(
    "/predictions/quote",
    status_code=200,
    dto=JsonBody[QuoteRequest],
    return_dto=None,
    guards=[signed_in],
    security=BEARER,
    tags=["Predictions"],
    summary="Ask what a prediction would cost",
    description="The price of a prediction, which of its rows are valid, and how many predictions of "
    "everyone wait before it. Nothing is stored, nothing is charged.",
    responses=documented(
        401,
        404,
        413,
        415,
        422,
        refusals=[ModelNotFound(model="tune"), NoRows(), TooManyRows(rows=10_001, most=10_000)],
    ),
)
@inject
async def quote(
    request: SignedIn,
    data: JSONBody[QuoteRequest],
    models: FromDishka[Models],
    predictions: FromDishka[Predictions],
    limits: FromDishka[Limits],
) -> Quote:
    settings: HttpSettings = request.app.state.settings
    model = await models.get(limits.default_model if data.model is None else data.model)
    rows, errors = checked(decode_data(data.data, most=settings.max_values), model, limits)
    return Quote(
        model=str(model.ref),
        row_price=model.row_price,
        rows=len(rows),
        valid_rows=len(rows) - len(errors),
        price=model.price(len(rows)),
        errors=row_problems(errors),
        queue_length=await predictions.waiting(at_most=limits.max_waiting),
    )
