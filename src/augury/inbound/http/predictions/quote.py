"""The price of a prediction, without requesting it."""

from functools import partial
from typing import Annotated

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar.params import JSONBody

from augury.application.predictions.quote_prediction import QuotePrediction
from augury.concurrency.aside import aside
from augury.domain.api_key import ModelNotListed
from augury.domain.model import ModelNotFound
from augury.domain.pricing import MaxPriceExceeded
from augury.domain.request import NoRows, TooManyRows
from augury.inbound.http.callers.identity import SignedIn, key_of
from augury.inbound.http.callers.member_routes import member_post
from augury.inbound.http.edge.layer import share_of
from augury.inbound.http.predictions.submit_body import Data, Explain, MaxPrice, Top, top_of
from augury.inbound.http.problems.described import documented
from augury.inbound.http.problems.field_problems import FieldProblem, row_problems
from augury.inbound.http.protocol.body import JsonBody, decode_data
from augury.inbound.http.settings import HttpSettings


class QuoteRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Rows for a model, as in `POST /predictions`."""

    data: Data
    model: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    max_price: MaxPrice = None
    explain: Explain = None
    top: Top = None


class QuoteView(msgspec.Struct, frozen=True):
    """`explain_price` is the price of explaining a row, on top of `row_price`; it is null if the request does
    not ask for explanations. `price` would be held. `charge` would be charged if the model can predict all
    valid rows. `text_bytes` is the size of the values of text features in UTF-8 bytes; they cost `text_price`
    per 1,000, rounded up. A request without a valid row is refused. `errors` lists the first of the errors
    that `error_count` counts. `queue_length` is the number of unfinished predictions of all users."""

    __schema_name__ = "Quote"

    model: str
    row_price: int
    explain_price: int | None
    text_price: int
    rows: int
    valid_rows: int
    text_bytes: int
    price: int
    charge: int
    errors: list[FieldProblem]
    error_count: int
    queue_length: int


@member_post(
    "/predictions/quote",
    status_code=200,
    dto=JsonBody[QuoteRequest],
    return_dto=None,
    tags=["Predictions"],
    summary="Ask what a prediction would cost",
    description=QuotePrediction.__doc__,
    responses=documented(
        401,
        402,
        404,
        413,
        415,
        422,
        429,
        refusals=[
            MaxPriceExceeded(price=12, max_price=10),
            ModelNotListed(model="tone@1"),
            ModelNotFound(model="tune"),
            NoRows(),
            TooManyRows(rows=10_001, most=10_000),
        ],
    ),
)
@inject
async def quote(
    request: SignedIn, data: JSONBody[QuoteRequest], quote_prediction: FromDishka[QuotePrediction]
) -> QuoteView:
    settings: HttpSettings = request.app.state.settings
    size = len(memoryview(data.data))
    rows = await aside(size, partial(decode_data, data.data, most=settings.max_values))
    quoted = await quote_prediction(
        data=rows,
        size=size,
        model=data.model,
        max_price=data.max_price,
        user_id=request.user,
        explain=top_of(data.explain),
        terms=key_of(request.scope),
        top=data.top,
    )
    share_of(request.scope).release()
    return QuoteView(
        model=str(quoted.model.ref),
        row_price=quoted.model.row_price,
        explain_price=quoted.model.price_of_explanation if quoted.explained else None,
        text_price=quoted.model.text_price,
        rows=quoted.rows,
        valid_rows=quoted.valid_rows,
        text_bytes=quoted.text_bytes,
        price=quoted.price,
        charge=quoted.charge,
        errors=row_problems(quoted.errors),
        error_count=quoted.error_count,
        queue_length=quoted.waiting,
    )
